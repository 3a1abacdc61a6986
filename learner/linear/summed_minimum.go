package linear

import (
	"context"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner/numeric"
)

// penalty is what is added to a mean loss: l1 |b| + l2 b^2 / 2 for each
// coefficient b, and l2 b^2 / 2 for the intercept too if that is wanted.
type penalty struct {
	l1, l2    float64
	intercept bool
}

// minimise finds the linear functions for which the mean loss with the penalty
// is least.
func (s *standardised) minimise(ctx context.Context, loss summed, p penalty, tol float64, maxIter int) (functions, outcome, error) {
	f := functions{features: s.features, coef: make([]float64, loss.outputs*s.features), intercept: make([]float64, loss.outputs)}
	by := functions{features: s.features, coef: make([]float64, loss.outputs*s.features), intercept: make([]float64, loss.outputs)}
	smooth := func(x, gradient []float64) (float64, error) {
		s.function(x, f)
		value, _, err := loss.at(ctx, f, by)
		if err != nil {
			return 0, err
		}
		value /= s.weight
		floats.Scale(1/s.weight, by.coef)
		floats.Scale(1/s.weight, by.intercept)
		if p.l2 > 0 && p.intercept {
			value += p.l2 * floats.Dot(f.intercept, f.intercept) / 2
			floats.AddScaled(by.intercept, p.l2, f.intercept)
		}
		s.gradient(by, gradient)
		if p.l2 > 0 {
			value += p.l2 * floats.Dot(f.coef, f.coef) / 2
			for o := range f.intercept {
				coef, _ := s.split(gradient, o)
				for j := range coef {
					coef[j] += p.l2 * f.coef[o*s.features+j] * s.unit[j]
				}
			}
		}
		return value, nil
	}
	x := make([]float64, s.size(loss.outputs))
	var o outcome
	var err error
	if p.l1 == 0 {
		o, err = minimise(smooth, x, tol, maxIter)
	} else {
		l1 := make([]float64, len(x))
		for output := range loss.outputs {
			coef, _ := s.split(l1, output)
			for j := range coef {
				coef[j] = p.l1 * s.unit[j]
			}
		}
		o, err = minimiseAbsolute(smooth, x, l1, tol, maxIter)
	}
	if err != nil {
		return functions{}, o, err
	}
	s.function(o.x, f)
	if !numeric.AllFinite(f.coef) || !numeric.AllFinite(f.intercept) {
		return functions{}, o, errOverflow
	}
	return f, o, nil
}
