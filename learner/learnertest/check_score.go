package learnertest

import (
	"math"

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
// rows its accuracy is above the largest class's share, its R2 above 0.
func beatsBaseline(k *trial) {
	for _, t := range k.tasks() {
		a := k.ask(k.fitted(t.train), t.test.X)
		if t.train.Classes != nil {
			accuracy, majority := accuracyOf(a.predicted, t.test.Y), majorityOf(t.train, t.test)
			k.check(accuracy > majority, "%s: accuracy %.3f on new rows; always answering the largest class has %.3f", t.name, accuracy, majority)
			continue
		}
		r2 := r2Of(a.predicted, t.test.Y)
		k.check(r2 > 0, "%s: R2 %.3f on new rows; always answering the mean has 0", t.name, r2)
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
