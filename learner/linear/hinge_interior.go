package linear

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// interior finds the dual's maximum by a primal-dual interior point method
// with a predictor and a corrector (Mehrotra 1992). Each step solves a system
// as wide as the coefficients, not as the rows (Ferris and Munson 2002, section
// 3.2), so it costs rows x width^2 / 2 + width^3 / 6 multiply-adds; their number
// hardly depends on the data, in particular not on the sizes of its columns. It
// returns one variable for each of the rows, and how close a's value is proven
// to be to the maximum, as a share of the sum of the bounds: derivatives that
// are all within tol of 0 would prove tol.
//
// With Z the rows times y, it solves
//
//	w = Z'a, Z w - 1 = low - high, a low = 0, (bound - a) high = 0
//
// for a, low and high >= 0 and a <= bound, where low and high belong to the bounds.
//
// It ends when tol is proven, or rounding lets it come no closer. If the dual's
// value overflows at all points it comes to, the error is errOverflow.
func (p hingeDual) interior(ctx context.Context, tol float64, maxSteps int) (a []float64, proven float64, steps int, err error) {
	n := len(p.rows)
	t := &interior{
		hingeDual: p, w: make([]float64, p.width()), a: make([]float64, n), room: make([]float64, n), low: make([]float64, n), high: make([]float64, n),
		scores: make([]float64, n), da: make([]float64, n), dLow: make([]float64, n), dHigh: make([]float64, n),
		stiff: make([]float64, n), target: make([]float64, n),
		rest: make([]float64, p.width()), dw: make([]float64, p.width()), system: mat.NewSymDense(p.width(), nil), scale: make([]float64, p.width()),
	}
	for k, i := range p.rows {
		t.a[k] = p.bound[i] / 2
		t.room[k] = p.bound[i] / 2
		t.low[k], t.high[k] = 1, 2 // 0 - 1 = low - high: so it holds for w = 0
		t.total += p.bound[i]
	}
	least, worse := math.Inf(1), 0
	for ; steps < maxSteps; steps++ {
		t.look()
		if distance := t.distance(); distance < least {
			a, least, worse = append(a[:0], t.a...), distance, 0
		} else if worse++; worse > patience {
			break
		}
		if least <= tol*t.total {
			break
		}
		if ok, err := t.step(ctx); err != nil {
			return nil, 0, 0, err
		} else if !ok {
			break
		}
	}
	if a == nil { // each distance was infinite
		return nil, 0, 0, errOverflow
	}
	for k, i := range p.rows {
		a[k] = min(max(a[k], 0), p.bound[i])
	}
	return a, least / t.total, max(steps, 1), ctx.Err()
}

// patience is for how many steps in a row a may come no closer to the maximum:
// the first ones go for w = Z'a, and only then for its value.
const patience = 5

// interior is a point between the bounds.
type interior struct {
	hingeDual
	w               []float64 // the coefficients, then the intercept if there is one
	a, room         []float64 // of each of the rows: the variable, what is left to its bound
	low, high       []float64 // what the bounds push with
	total           float64   // of the bounds
	scores          []float64 // Z w
	rest            []float64 // w - Z'a
	stiff           []float64 // low / a + high / room
	target          []float64
	dw              []float64
	da, dLow, dHigh []float64 // the step
	system          *mat.SymDense
	scale           []float64 // of the system's columns
}

// look computes what depends on w and a.
func (t *interior) look() {
	_, features := t.x.Dims()
	copy(t.rest, t.w)
	for k, i := range t.rows {
		row, y := t.x.RawRowView(i), t.y[i]
		score := floats.Dot(t.w[:features], row)
		floats.AddScaled(t.rest[:features], -t.a[k]*y, row)
		if t.intercept {
			score += t.w[features]
			t.rest[features] -= t.a[k] * y
		}
		t.scores[k] = y * score
	}
}

// distance is how far the dual's value at a can at most be below its maximum: to
// the primal's value at Z'a. It is infinite if that overflows.
func (t *interior) distance() float64 {
	_, features := t.x.Dims()
	at := make([]float64, len(t.w)) // Z'a
	floats.SubTo(at, t.w, t.rest)
	distance := floats.Dot(at, at)
	for k, i := range t.rows {
		score := floats.Dot(at[:features], t.x.RawRowView(i))
		if t.intercept {
			score += at[features]
		}
		distance += t.bound[i]*max(0, 1-t.y[i]*score) - t.a[k]
	}
	if math.IsNaN(distance) {
		return math.Inf(1)
	}
	return distance
}

// gap is the sum of what is not 0 yet of the products.

func (t *interior) gap() float64 { return floats.Dot(t.a, t.low) + floats.Dot(t.room, t.high) }

// step takes one step; not ok says that rounding leaves nothing more to gain.
func (t *interior) step(ctx context.Context) (ok bool, err error) {
	n := float64(2 * len(t.rows))
	for k := range t.a {
		t.stiff[k] = t.low[k]/t.a[k] + t.high[k]/t.room[k]
	}
	solve, ok, err := t.factor(ctx)
	if err != nil || !ok {
		return false, err
	}
	mean := t.gap() / n
	t.direction(solve, 0, 0)
	length := t.longest(1)
	var ahead float64
	for k := range t.a {
		ahead += (t.a[k]+length*t.da[k])*(t.low[k]+length*t.dLow[k]) + (t.room[k]-length*t.da[k])*(t.high[k]+length*t.dHigh[k])
	}
	share := ahead / n / mean
	// The corrector is for a step of that length. At its full length it may lead in circles (Colombo and Gondzio 2008).
	t.direction(solve, mean*share*share*share, length*length)
	if !floats.HasNaN(t.da) && !floats.HasNaN(t.dw) {
		length = t.longest(0.995)
		floats.AddScaled(t.w, length, t.dw)
		floats.AddScaled(t.a, length, t.da)
		floats.AddScaled(t.room, -length, t.da)
		floats.AddScaled(t.low, length, t.dLow)
		floats.AddScaled(t.high, length, t.dHigh)
		return length > 1e-10, nil
	}
	return false, nil
}

// direction is the step that would bring all products to center. corrector is the
// share by which it allows for what the direction before it would have left of them.
func (t *interior) direction(solve func(into []float64), center, corrector float64) {
	_, features := t.x.Dims()
	for j, v := range t.rest {
		t.dw[j] = -v
	}
	for k, i := range t.rows {
		low, high := center, center
		if corrector > 0 {
			low -= corrector * t.da[k] * t.dLow[k]
			high += corrector * t.da[k] * t.dHigh[k]
		}
		// What low and high would become if a stayed where it is.
		t.dLow[k], t.dHigh[k] = low/t.a[k]-t.low[k], high/t.room[k]-t.high[k]
		t.target[k] = 1 - t.scores[k] + t.low[k] - t.high[k] + t.dLow[k] - t.dHigh[k]
		by := t.target[k] / t.stiff[k] * t.y[i]
		floats.AddScaled(t.dw[:features], by, t.x.RawRowView(i))
		if t.intercept {
			t.dw[features] += by
		}
	}
	solve(t.dw)
	for k, i := range t.rows {
		score := floats.Dot(t.dw[:features], t.x.RawRowView(i))
		if t.intercept {
			score += t.dw[features]
		}
		t.da[k] = (t.target[k] - t.y[i]*score) / t.stiff[k]
		t.dLow[k] -= t.low[k] / t.a[k] * t.da[k]
		t.dHigh[k] += t.high[k] / t.room[k] * t.da[k]
	}
}

// longest is the share of the step, at most 1, that keeps everything above 0;
// of what would bring something there, the given part.
func (t *interior) longest(part float64) float64 {
	length := 1.0
	for k, da := range t.da {
		for _, v := range [...][2]float64{{t.a[k], da}, {t.room[k], -da}, {t.low[k], t.dLow[k]}, {t.high[k], t.dHigh[k]}} {
			if v[0]+length*v[1] < v[0]*(1-part) {
				length = min(length, -part*v[0]/v[1])
			}
		}
	}
	return length
}

// factor makes 1 + Z' Z/stiff, its columns scaled to a diagonal of 1, and
// returns how to solve with it.
func (t *interior) factor(ctx context.Context) (solve func(into []float64), ok bool, err error) {
	p := len(t.w)
	total := make([]float64, p*p)
	procs := max(t.procs, 1)
	sums, panels := make([][]float64, procs), make([][]float64, procs)
	err = overChunks(ctx, len(t.rows), procs, func(slot, from, to int) {
		if sums[slot] == nil {
			sums[slot], panels[slot] = make([]float64, p*p), make([]float64, p*panelRows)
		}
		sum, panel := sums[slot], panels[slot] // the panel is columns x rows
		clear(sum)
		for ; from < to; from += panelRows {
			rows := min(panelRows, to-from)
			t.fill(panel, from, rows)
			for j := range p {
				blas64.Gemv(blas.NoTrans, 1, blas64.General{Rows: p - j, Cols: rows, Stride: panelRows, Data: panel[j*panelRows:]},
					blas64.Vector{N: rows, Inc: 1, Data: panel[j*panelRows:]}, 1, blas64.Vector{N: p - j, Inc: 1, Data: sum[j*p+j:]})
			}
		}
	}, func(slot int) { floats.Add(total, sums[slot]) })
	if err != nil {
		return nil, false, err
	}
	for j := range p {
		t.scale[j] = 1 / math.Sqrt(1+total[j*p+j])
	}
	for i := range p {
		t.system.SetSym(i, i, 1)
		for j := i + 1; j < p; j++ {
			t.system.SetSym(i, j, total[i*p+j]*t.scale[i]*t.scale[j])
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(t.system) {
		return nil, false, nil
	}
	return func(into []float64) {
		floats.Mul(into, t.scale)
		v := mat.NewVecDense(p, into)
		_ = chol.SolveVecTo(v, v) // a system that is close to singular is solved as well as can be: gap says whether it helped
		floats.Mul(into, t.scale)
	}, true, nil
}

// fill writes rows over the root of their stiffness, each into a column.
func (t *interior) fill(panel []float64, from, rows int) {
	_, features := t.x.Dims()
	for r := range rows {
		k := from + r
		by := 1 / math.Sqrt(t.stiff[k])
		for j, v := range t.x.RawRowView(t.rows[k]) {
			panel[j*panelRows+r] = by * v
		}
		if t.intercept {
			panel[features*panelRows+r] = by
		}
	}
}
