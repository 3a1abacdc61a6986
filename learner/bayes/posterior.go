package bayes

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

const (
	pollBudget = 1 << 18 // values between two looks at the context
	widthLimit = 1 << 30 // of a stored model; it is only a number to compare with
)

// likelihood is what the learners of this package differ in.
type likelihood interface {
	// width is the number of features.
	width() int
	// check refuses values that the features cannot have.
	check(x *mat.Dense) error
	// add adds the logarithm of the likelihood of row to sums, one per class. It
	// may skip classes whose sum is -Inf.
	add(row, sums []float64)
}

// posterior is a fitted model; it does not change.
type posterior struct {
	likelihood
	prior []float64 // logarithms, one per class; -Inf for a class without rows
}

// proba answers rows x classes probabilities, by Bayes' rule.
func (p *posterior) proba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if p == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, p.width(), learner.Traits{}); err != nil {
		return nil, err
	}
	if err := p.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	proba := mat.NewDense(rows, len(p.prior), nil)
	poll := learner.NewPoll(ctx, pollBudget)
	for i := range rows {
		if err := poll.Work(p.width() * len(p.prior)); err != nil {
			return nil, err
		}
		row := proba.RawRowView(i)
		copy(row, p.prior)
		p.add(x.RawRowView(i), row)
		if !normalise(row) {
			copy(row, p.prior)
			normalise(row)
		}
	}
	return proba, nil
}

// predict answers the likeliest class of each row; of equally likely ones the
// first.
func (p *posterior) predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	proba, err := p.proba(ctx, x)
	if err != nil {
		return nil, err
	}
	rows, _ := proba.Dims()
	classes := make([]float64, rows)
	for i := range classes {
		classes[i] = float64(numeric.ArgMax(proba.RawRowView(i)))
	}
	return classes, nil
}

// normalise turns logarithms into probabilities that sum to 1. It reports
// false, and does nothing, if all of them are -Inf.
func normalise(logs []float64) bool {
	if math.IsInf(slices.Max(logs), -1) {
		return false
	}
	numeric.Softmax(logs)
	return true
}

// logPrior is the logarithm of each class's share; or, if it is not to be
// fitted, of an equal share for each class that has rows.
func logPrior(weights []float64, fitted bool) []float64 {
	prior := make([]float64, len(weights))
	var sum float64
	for c, w := range weights {
		if !fitted && w > 0 {
			w = 1
		}
		prior[c] = w
		sum += w
	}
	for c, w := range prior {
		prior[c] = math.Log(w) - math.Log(sum) // the quotient might vanish
	}
	return prior
}
