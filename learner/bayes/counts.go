package bayes

import (
	"context"
	"fmt"
	"math"
	"slices"

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

// tallyPart is rows of which the features are counted, class by class.
type tallyPart struct {
	rows  learner.Dataset
	count func(v float64) float64 // what a value counts
}

// tallyShape is a sum of the weights of each class, then one for each feature of each class.
func tallyShape(s learner.Schema) (counts, reals int) {
	return 0, len(s.Classes) * (1 + len(s.Features))
}

// smallWhole is the first whole number that is not small: 2^31 products of smaller ones fit an int64.
const smallWhole = 1 << 16

// Sum adds the weights of the classes and of what their features count. Whole numbers are added as such, which is as
// fast as to add float64s.
func (p *tallyPart) Sum(ctx context.Context, _ []float64, into *learner.Sums) error {
	_, cols := p.rows.X.Dims()
	classes := len(p.rows.Classes)
	if len(into.Reals) != classes*(1+cols) {
		return fmt.Errorf("%d sums asked for of rows with %d features and %d classes", len(into.Reals), cols, classes)
	}
	weights, counts := into.Reals[:classes], into.Reals[classes:]
	whole := make([]int64, len(counts))
	poll := learner.NewPoll(ctx, pollBudget)
	for i, y := range p.rows.Y {
		if err := poll.Work(cols); err != nil {
			return err
		}
		w := p.rows.Weight(i)
		if w == 0 {
			continue
		}
		weights[int(y)].Add(w)
		at := int(y) * cols
		small := int64(0) // the weight, if it is a small whole number
		if w < smallWhole && w == math.Trunc(w) {
			small = int64(w)
		}
		for j, v := range p.rows.X.RawRowView(i) {
			v = p.count(v)
			switch n := int64(v); {
			case small != 0 && n > -smallWhole && n < smallWhole && float64(n) == v:
				whole[at+j] += small * n
			case small == 1:
				counts[at+j].Add(v)
			default:
				counts[at+j].AddProduct(w, v)
			}
		}
	}
	for i, n := range whole {
		counts[i].Add(float64(n>>32) * 0x1p32)
		counts[i].Add(float64(n & (1<<32 - 1)))
	}
	return ctx.Err()
}

// advanceTally is the state that the sums make: the tally's weights and counts.
func advanceTally(s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	_, reals := tallyShape(s)
	if err := checkSums(s, state, sums, reals); err != nil {
		return learner.Advance{}, err
	}
	next := make([]float64, reals)
	for i := range sums.Reals {
		if next[i] = sums.Reals[i].Value(); next[i] < 0 {
			return learner.Advance{}, fmt.Errorf("sum %d is %v: weights and counts are not negative", i, next[i])
		}
	}
	return learner.Advance{State: next, Done: true, Loss: math.NaN(), Why: "counted"}, checkState(s, next, 1)
}

// tallyOf is the tally of the last state of a training.
func tallyOf(s learner.Schema, state []float64) (tally, error) {
	if err := checkState(s, state, 1); err != nil {
		return tally{}, err
	}
	for i, v := range state {
		if v < 0 {
			return tally{}, fmt.Errorf("number %d of the state is %v: weights and counts are not negative", i, v)
		}
	}
	classes := len(s.Classes)
	return tally{slices.Clone(state[:classes]), slices.Clone(state[classes:])}, nil
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
