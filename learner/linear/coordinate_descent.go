package linear

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// lasso is a penalised least-squares problem in terms of its normal equations:
//
//	|y - X b|^2 / 2 + sum of l1 |b| + sum of l2 b^2 / 2
//
// with a = X'X, c = X'y, yy = y'y. Each coefficient has penalties of its own,
// l1 > 0 but for columns of zeros.
type lasso struct {
	normal normal
	l1, l2 []float64
}

// solve goes over the coefficients in turn, each time to the minimum in one of
// them with the others held (Friedman, Hastie, Tibshirani 2010, section 2),
// until the duality gap is at most tol yy.
func (p lasso) solve(ctx context.Context, tol float64, maxIter int) (b []float64, rounds int, gap float64, err error) {
	d := len(p.normal.c)
	a := mat.DenseCopyOf(p.normal.a) // whole rows, where the symmetric form has half of them
	b = make([]float64, d)
	slope := append([]float64(nil), p.normal.c...) // X'(y - X b)
	poll := learner.NewPoll(ctx, 1<<20)
	for gap = p.gap(b, slope); gap > tol*p.normal.yy && rounds < maxIter; rounds++ {
		for j, old := range b {
			if err := poll.Work(d); err != nil {
				return nil, 0, 0, err
			}
			row := a.RawRowView(j)
			if row[j] == 0 {
				continue
			}
			b[j] = softThreshold(slope[j]+row[j]*old, p.l1[j]) / (row[j] + p.l2[j])
			if b[j] != old {
				floats.AddScaled(slope, old-b[j], row)
			}
		}
		gap = p.gap(b, slope)
	}
	return b, rounds, gap, ctx.Err()
}

// softThreshold moves v towards 0 by at most by.
func softThreshold(v, by float64) float64 {
	if math.Abs(v) <= by {
		return 0 // not -0
	}
	return v - math.Copysign(by, v)
}

// gap is how far b can at most be above the minimum, by a point of the dual
// problem made of its residuals (Kim, Koh, Lustig, Boyd, Gorinevsky 2007). The
// penalty on squares counts as rows of its own below X, with targets of 0.
func (p lasso) gap(b, slope []float64) float64 {
	var fit, fitted, squares, absolute float64
	steepest := 1.0 // largest ratio of a slope to its penalty
	for j, v := range b {
		fit += v * p.normal.c[j]
		fitted += v * slope[j]
		squares += p.l2[j] * v * v
		absolute += p.l1[j] * math.Abs(v)
		if p.l1[j] > 0 {
			steepest = max(steepest, math.Abs(slope[j]-p.l2[j]*v)/p.l1[j])
		}
	}
	residual := max(p.normal.yy-fit-fitted, 0) // |y - X b|^2
	shrink := 1 / steepest                     // brings the residuals into the dual's bounds
	return (residual+squares)*(1+shrink*shrink)/2 + absolute - shrink*(p.normal.yy-fit)
}
