package linear

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// errOverflow says that the answer is beyond what a float64 holds.
var errOverflow = errors.New("the coefficients overflow: the features or the target are too large or too small; rescale them")

// mostCondition is the condition number (of the normal equations, columns
// scaled alike) up to which the normal equations are solved; they lose as many
// digits as it has, which leaves at least ten. Beyond it the rows are looked at
// again and factorised by QR, which loses only half as many.
const mostCondition = 1e6

// leastSquares minimises, over the coefficients b and the intercept b0,
//
//	sum of weight (y - x b - b0)^2  +  alpha sum of b^2
//
// If several b reach the minimum it is the one of least norm, as
// scipy.linalg.lstsq finds; that there are several is logged.
//
// Time is rows x features^2, memory features^2 per thread. The Gram matrix costs
// half of a QR factorisation and runs at the speed of a matrix product, but its
// condition is the square of the data's. So it is formed first, of centred and
// scaled columns, and its condition is estimated: nearly all data is served by
// it to ten digits or more, and what is not is solved again by QR.
func leastSquares(ctx context.Context, d learner.Dataset, intercept bool, alpha float64, env learner.Env) (function, error) {
	procs := max(env.Procs, 1)
	g, err := newDesign(ctx, d, intercept, procs)
	if err != nil {
		return function{}, err
	}
	penalty := make([]float64, g.features)
	for j, s := range g.scale[:g.features] {
		penalty[j] = alpha * s * s
	}
	var scaled []float64
	offset := func([]float64) float64 { return 0 }
	ok := false
	if g.rows > g.features {
		gram, err := g.gram(ctx, procs)
		if err != nil {
			return function{}, err
		}
		if scaled, ok = g.normal(gram).solve(penalty); ok {
			offset = g.offset(gram.RawSymmetric().Data)
		}
	}
	if !ok {
		t, err := g.triangle(ctx, procs)
		if err != nil {
			return function{}, err
		}
		r, c := g.penalised(t, penalty)
		var rank int
		scaled, rank = minimumNorm(r, c, g.scale, g.rows)
		logRank(ctx, env, rank, g.features)
		for j, s := range g.scale[:g.features] { // from the data's scale back to the design's
			if s != 0 {
				scaled[j] /= s
			}
		}
		offset = g.offset(t.top(0))
	}
	return g.unscale(scaled, offset(scaled))
}

// logRank says that there are several solutions, if there are.
func logRank(ctx context.Context, env learner.Env, rank, features int) {
	if rank < features && env.Log != nil {
		env.Log.InfoContext(ctx, "the features are dependent; of many solutions the one of least norm is taken", "rank", rank, "features", features)
	}
}

// offset solves the intercept's equation, whose row of the Gram matrix or of
// R is given, for the intercept of the design when the coefficients are known.
func (g *design) offset(row []float64) func(scaled []float64) float64 {
	return func(scaled []float64) float64 {
		if !g.intercept {
			return 0
		}
		rest := row[1+g.features]
		for j, b := range scaled {
			rest -= row[1+j] * b
		}
		return rest / row[0]
	}
}

// unscale turns coefficients and intercept of the design into the data's.
func (g *design) unscale(scaled []float64, offset float64) (function, error) {
	f := function{coef: make([]float64, g.features), intercept: g.centre(g.features)}
	yScale := g.scale[g.features]
	if yScale == 0 { // all targets are the same
		return f, nil
	}
	f.intercept += offset / yScale
	for j, b := range scaled {
		f.coef[j] = b * g.scale[j] / yScale
		f.intercept -= f.coef[j] * g.centre(j)
	}
	if !numeric.AllFinite(f.coef) || !numeric.IsFinite(f.intercept) {
		return function{}, errOverflow
	}
	return f, nil
}

// solve solves the normal equations with a penalty on each feature's square,
// unless they are too close to singular for that.
func (n normal) solve(penalty []float64) (b []float64, ok bool) {
	d := len(n.c)
	unit := make([]float64, d) // scales the diagonal to 1
	for j := range d {
		if v := n.a.At(j, j) + penalty[j]; v > 0 {
			unit[j] = 1 / math.Sqrt(v)
		}
	}
	a, c := mat.NewSymDense(d, nil), mat.NewVecDense(d, nil)
	for i := range d {
		for j := i + 1; j < d; j++ {
			a.SetSym(i, j, n.a.At(i, j)*unit[i]*unit[j])
		}
		a.SetSym(i, i, 1) // also for a column of zeros, whose coefficient is then 0
		c.SetVec(i, n.c[i]*unit[i])
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(a) || !(cholesky.Cond() <= mostCondition) {
		return nil, false
	}
	if err := cholesky.SolveVecTo(c, c); err != nil {
		return nil, false
	}
	for j := range d {
		c.SetVec(j, c.AtVec(j)*unit[j])
	}
	return c.RawVector().Data, true
}
