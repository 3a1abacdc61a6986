package learnertest

import (
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var scoreChecks = []check{
	{name: "beats_baseline", of: registry.Estimator, waived: isBaseline, run: beatsBaseline},
	{name: "is_baseline", of: registry.Estimator, waived: notBaseline, run: ignoresFeatures},
}

func isBaseline(s *subject) string {
	if s.baseline {
		return "option Baseline"
	}
	return ""
}

func notBaseline(s *subject) string {
	if s.baseline {
		return ""
	}
	return "only with Baseline"
}

// beatsBaseline: on data with something to learn, a learner learns: on new
// rows its accuracy is above the largest class's share, its R2 above 0, its
// clusters keep rows of different groups apart better than any dealing out
// would, its components tell rows apart.
func beatsBaseline(k *trial) {
	for _, t := range k.tasks() {
		a := k.ask(k.fitted(t.train), t.test.X)
		switch k.subject.info.Task {
		case learner.Clustering:
			truth := k.labelled(k.subject.rows, width, groups, 2).Y
			different, same := togetherOf(a.predicted, truth)
			k.check(different < same, "%s: of the pairs of new rows of different groups %.3f are in one cluster, and of those of one group %.3f",
				t.name, different, same)
		case learner.Decomposition:
			k.check(slices.Max(a.predicted) > slices.Min(a.predicted), "%s: all new rows have the same first number", t.name)
		case learner.Classification:
			accuracy, majority := accuracyOf(a.predicted, t.test.Y), majorityOf(t.train, t.test)
			k.check(accuracy > majority, "%s: accuracy %.3f on new rows; always answering the largest class has %.3f", t.name, accuracy, majority)
		case learner.Regression:
			r2 := r2Of(a.predicted, t.test.Y)
			k.check(r2 > 0, "%s: R2 %.3f on new rows; always answering the mean has 0", t.name, r2)
		}
	}
}

// ignoresFeatures holds a learner to what the option Baseline says of it.
func ignoresFeatures(k *trial) {
	for _, t := range k.tasks() {
		a := k.ask(k.fitted(t.train), t.test.X)
		for i := range a.predicted {
			if d := a.row(0).differs(a.row(i)); d != "" {
				k.check(false, "%s: a baseline answers the same for every row: %s", t.name, d)
				return
			}
		}
		k.asserted++
	}
}

// togetherOf is the share of pairs that are in one cluster, among the pairs of rows of different groups and of the same one.
func togetherOf(predicted, groups []float64) (different, same float64) {
	var pairs, together [2]float64
	for i := range predicted {
		for j := range i {
			of := 0
			if groups[i] == groups[j] {
				of = 1
			}
			pairs[of]++
			if predicted[i] == predicted[j] {
				together[of]++
			}
		}
	}
	return together[0] / pairs[0], together[1] / pairs[1]
}

func accuracyOf(predicted, y []float64) float64 {
	right := 0
	for i, p := range predicted {
		if p == y[i] {
			right++
		}
	}
	return float64(right) / float64(len(y))
}

// majorityOf is the share in test of the class that is largest in train.
func majorityOf(train, test learner.Dataset) float64 {
	counts := make([]int, len(train.Classes))
	largest := 0
	for _, y := range train.Y {
		counts[int(y)]++
	}
	for c, n := range counts {
		if n > counts[largest] {
			largest = c
		}
	}
	hits := 0
	for _, y := range test.Y {
		if int(y) == largest {
			hits++
		}
	}
	return float64(hits) / float64(len(test.Y))
}

func r2Of(predicted, y []float64) float64 {
	var mean, residual, total float64
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for i, v := range y {
		residual += (v - predicted[i]) * (v - predicted[i])
		total += (v - mean) * (v - mean)
	}
	if total == 0 {
		return math.Inf(-1)
	}
	return 1 - residual/total
}
