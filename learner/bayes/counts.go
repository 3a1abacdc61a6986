package bayes

import (
	"context"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
)

// smallestAlpha is what a smaller alpha is taken for, as in scikit-learn before
// 1.4, and since with force_alpha=False: the logarithm of 0 would let one feature
// overrule all others.
const smallestAlpha = 1e-10

// checkAlpha refuses what the validate tag refuses, for callers that do not
// come through the registry.
func checkAlpha(alpha float64) error {
	if !numeric.IsFinite(alpha) || alpha < 0 {
		return &learner.ParamError{Param: "alpha", Reason: "must be a number >= 0"}
	}
	return nil
}

// tally is what the learners that count have fitted: the weight of each class,
// and the weighted sum of what each of its features counts, classes x features.
type tally struct {
	weights []float64
	counts  []float64
}

// newTally adds up the rows of d; count says what a value counts.
func newTally(ctx context.Context, d learner.Dataset, count func(v float64) float64) (tally, error) {
	weights, err := classWeights(d)
	if err != nil {
		return tally{}, err
	}
	_, cols := d.X.Dims()
	t := tally{weights: weights, counts: make([]float64, len(weights)*cols)}
	poll := learner.NewPoll(ctx, pollBudget)
	for i, y := range d.Y {
		if err := poll.Work(cols); err != nil {
			return tally{}, err
		}
		w := d.Weight(i)
		if w == 0 {
			continue
		}
		sums := t.class(int(y))
		for j, v := range d.X.RawRowView(i) {
			sums[j] += float64(w * count(v))
		}
	}
	return t, ctx.Err()
}

// cols is the number of features.
func (t tally) cols() int { return len(t.counts) / len(t.weights) }

// class is the counts of class c, one per feature.
func (t tally) class(c int) []float64 {
	cols := t.cols()
	return t.counts[c*cols:][:cols]
}

func (t tally) write(w *snapshot.Writer) {
	w.Floats(t.weights)
	w.Floats(t.counts)
}

func readTally(r *snapshot.Reader) tally {
	t := tally{weights: readWeights(r), counts: r.FiniteFloats()}
	if n := len(t.weights); n == 0 || len(t.counts) == 0 || len(t.counts)%n != 0 {
		r.Failf("%d counts for %d classes", len(t.counts), n)
	}
	for i, v := range t.counts {
		if v < 0 {
			r.Failf("count %d is %v", i, v)
		}
	}
	return t
}

// readWeights reads the weights of classes, of which one at least has rows.
func readWeights(r *snapshot.Reader) []float64 {
	weights := r.FiniteFloats()
	var sum float64
	for c, w := range weights {
		if w < 0 {
			r.Failf("class %d weighs %v", c, w)
		}
		sum += w
	}
	if !(sum > 0 && sum <= math.MaxFloat64) {
		r.Failf("the classes weigh %v", sum)
	}
	return weights
}
