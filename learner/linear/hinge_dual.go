package linear

import (
	"context"
	"math"

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
	procs     int
}

// width is the number of the coefficients, and the intercept if there is one.
func (p hingeDual) width() int {
	_, features := p.x.Dims()
	if p.intercept {
		features++
	}
	return features
}

// solve is the maximum, and the coefficients that it stands for.
func (p hingeDual) solve(ctx context.Context, tol float64, maxIter int) (coef []float64, intercept float64, o outcome, err error) {
	d, err := newDualDescent(ctx, p)
	if err == nil {
		err = d.seek(ctx, tol, maxIter)
	}
	if err != nil {
		return nil, 0, o, err
	}
	return d.coef, d.offset, outcome{iterations: d.rounds, slope: d.slope}, nil
}

// seek goes up by coordinates. Where columns have very different sizes, or C
// is large, that takes no end of rounds; once they have cost about what an
// interior point costs, which does not depend on the sizes, that is where
// the coordinates go on from.
func (d *dualDescent) seek(ctx context.Context, tol float64, maxIter int) error {
	width := d.width()
	first := min(maxIter, roundsBefore+roundsPerColumn*width)
	if width > interiorWidth {
		first = maxIter
	}
	if err := d.run(ctx, tol, first); err != nil || d.slope <= tol || d.rounds >= maxIter {
		return err
	}
	a, proven, steps, err := d.interior(ctx, 1e-6*tol, min(interiorSteps, maxIter-d.rounds))
	if err != nil {
		return err
	}
	d.rounds += steps
	d.become(a)
	last := maxIter
	if proven <= tol {
		last = min(maxIter, d.rounds+roundsBefore)
	}
	if err := d.run(ctx, tol, last); err != nil {
		return err
	}
	if d.slope > tol && proven <= tol { // rounding keeps the coordinates from what is close enough already
		d.become(a)
		d.slope = proven
	}
	return nil
}

// The coordinates go first: a round costs rows x width multiply-adds, a step of
// the interior point half of that times width, in an order that is quicker.
const (
	roundsBefore    = 50
	roundsPerColumn = 4
	interiorWidth   = 1024 // a step's work grows with its cube
	interiorSteps   = 100
)

// dualDescent is a point of the dual, and the coefficients that it stands for.
type dualDescent struct {
	hingeDual
	a, square []float64 // of each row: the variable, |(x, 1)|^2
	coef      []float64
	offset    float64
	active    []int
	poll      *learner.Poll

	rounds int
	slope  float64 // how far the last whole round's derivatives are from 0
}

func newDualDescent(ctx context.Context, p hingeDual) (*dualDescent, error) {
	_, features := p.x.Dims()
	d := &dualDescent{
		hingeDual: p, a: make([]float64, len(p.y)), square: make([]float64, len(p.y)), coef: make([]float64, features),
		poll: learner.NewPoll(ctx, 1<<18), slope: math.Inf(1),
	}
	for _, i := range p.rows {
		row := p.x.RawRowView(i)
		d.square[i] = floats.Dot(row, row)
		if p.intercept {
			d.square[i]++
		}
		if math.IsInf(d.square[i], 0) {
			return nil, errOverflow
		}
	}
	return d, nil
}

// become moves to another point, one variable for each of the rows.
func (d *dualDescent) become(a []float64) {
	clear(d.coef)
	d.offset = 0
	for k, i := range d.rows {
		d.a[i] = a[k]
		if a[k] != 0 {
			d.add(i, a[k])
		}
	}
}

// add is what a row's variable growing by so much does to the coefficients.
func (d *dualDescent) add(i int, by float64) {
	floats.AddScaled(d.coef, by*d.y[i], d.x.RawRowView(i))
	if d.intercept {
		d.offset += by * d.y[i]
	}
}

// run goes over the rows in random order, each time to the maximum in one
// row's variable, until in a whole round the derivatives that point into the
// bounds are within tol of each other and of 0, or maxIter rounds are done in
// all. Rows whose derivatives point out of the bounds by more than any did in
// the last round are left out until the others have settled (Hsieh, Chang, Lin,
// Keerthi, Sundararajan 2008, algorithm 3).
func (d *dualDescent) run(ctx context.Context, tol float64, maxIter int) error {
	d.active = append(d.active[:0], d.rows...)
	up, down := math.Inf(1), math.Inf(-1) // how far out a derivative may point
	for d.rounds < maxIter {
		whole := len(d.active) == len(d.rows)
		d.order(len(d.active), func(i, j int) { d.active[i], d.active[j] = d.active[j], d.active[i] })
		high, low, err := d.round(up, down)
		if err != nil {
			return err
		}
		d.rounds++
		if whole {
			d.slope = high - low
		}
		switch {
		case high-low > tol:
			up, down = atLeast(-low), -atLeast(high)
		case whole:
			return ctx.Err()
		default: // the rest has settled: look at all of them again
			d.active = append(d.active[:0], d.rows...)
			up, down = math.Inf(1), math.Inf(-1)
		}
	}
	return ctx.Err()
}

// atLeast is how far out of the bounds the next round's derivatives may point:
// any distance where there was none.
func atLeast(by float64) float64 {
	if by <= 0 {
		return math.Inf(1)
	}
	return by
}

// round goes over the active rows once. high and low are the largest and the
// smallest derivative that points into the bounds, or 0.
func (d *dualDescent) round(up, down float64) (high, low float64, err error) {
	kept := d.active[:0]
	for _, i := range d.active {
		if err := d.poll.Work(len(d.coef)); err != nil {
			return 0, 0, err
		}
		slope := 1 - d.y[i]*(floats.Dot(d.coef, d.x.RawRowView(i))+d.offset)
		switch {
		case d.a[i] == 0 && slope < 0:
			if -slope <= up {
				kept = append(kept, i)
			}
			continue
		case d.a[i] == d.bound[i] && slope > 0:
			if -slope >= down {
				kept = append(kept, i)
			}
			continue
		}
		kept = append(kept, i)
		high, low = max(high, slope), min(low, slope)
		if slope == 0 {
			continue
		}
		old := d.a[i]
		if d.square[i] > 0 {
			d.a[i] = min(max(old+slope/d.square[i], 0), d.bound[i])
		} else {
			d.a[i] = d.bound[i] // a row of zeros: nothing holds it back
		}
		d.add(i, d.a[i]-old)
	}
	d.active = kept
	return high, low, nil
}
