package linear

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// hingeDual is the dual of a support vector machine with hinge loss: maximise
// sum of a - |sum of a y (x, 1)|^2 / 2 over 0 <= a <= bound.
type hingeDual struct {
	x         *mat.Dense
	y         []float64 // 1 or -1
	bound     []float64 // C times the weight
	rows      []int     // those with a bound above 0
	intercept bool
	order     func(n int, swap func(i, j int))
}

// solve goes over the rows in random order, each time to the maximum in one
// row's variable (Hsieh, Chang, Lin, Keerthi, Sundararajan 2008, algorithm 1),
// until in a whole round no derivative that points into the bounds is larger
// than tol.
func (p hingeDual) solve(ctx context.Context, tol float64, maxIter int) (coef []float64, intercept float64, o outcome, err error) {
	_, features := p.x.Dims()
	coef = make([]float64, features)
	a, square := make([]float64, len(p.y)), make([]float64, len(p.y))
	for _, i := range p.rows {
		row := p.x.RawRowView(i)
		square[i] = floats.Dot(row, row)
		if p.intercept {
			square[i]++
		}
		if math.IsInf(square[i], 0) {
			return nil, 0, o, errOverflow
		}
	}
	rows := slices.Clone(p.rows)
	poll := learner.NewPoll(ctx, 1<<18)
	for ; o.iterations < maxIter; o.iterations++ {
		p.order(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		o.slope = 0
		for _, i := range rows {
			if err := poll.Work(features); err != nil {
				return nil, 0, o, err
			}
			row := p.x.RawRowView(i)
			slope := 1 - p.y[i]*(floats.Dot(coef, row)+intercept)
			if a[i] == 0 && slope < 0 || a[i] == p.bound[i] && slope > 0 {
				continue
			}
			o.slope = max(o.slope, slope, -slope)
			if slope == 0 {
				continue
			}
			old := a[i]
			if square[i] > 0 {
				a[i] = min(max(old+slope/square[i], 0), p.bound[i])
			} else {
				a[i] = p.bound[i] // a row of zeros: nothing holds it back
			}
			move := (a[i] - old) * p.y[i]
			floats.AddScaled(coef, move, row)
			if p.intercept {
				intercept += move
			}
		}
		if o.slope <= tol {
			o.iterations++
			break
		}
	}
	return coef, intercept, o, ctx.Err()
}
