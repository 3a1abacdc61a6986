package linear

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
)

// objective is a smooth convex function: it writes the gradient at x and
// returns the value. Its error, such as a context's, ends the minimisation.
type objective func(x, gradient []float64) (float64, error)

// outcome is where a minimisation stopped.
type outcome struct {
	x          []float64
	iterations int
	slope      float64 // largest component, by size, of the (proximal) gradient
}

// minimise finds the minimum of f from x by L-BFGS (Nocedal 1980; line search
// of Moré and Thuente 1994), until no component of the gradient is larger than
// tol or maxIter iterations are done. Where the rounding of f hides what the
// line search looks for, it goes on with a method that looks at the gradient only.
func minimise(f objective, x []float64, tol float64, maxIter int) (outcome, error) {
	// gonum asks for the value and the gradient one by one.
	last, gradient := make([]float64, len(x)), make([]float64, len(x))
	last[0] = math.NaN()
	var value float64
	var failure error
	at := func(x []float64) {
		if failure == nil && !slices.Equal(x, last) {
			copy(last, x)
			value, failure = f(x, gradient)
		}
	}
	problem := optimize.Problem{
		Func:   func(x []float64) float64 { at(x); return value },
		Grad:   func(into, x []float64) { at(x); copy(into, gradient) },
		Status: func() (optimize.Status, error) { return optimize.NotTerminated, failure },
	}
	settings := &optimize.Settings{
		GradientThreshold: max(tol, math.SmallestNonzeroFloat64),
		MajorIterations:   maxIter,
		Converger:         optimize.NeverTerminate{},
	}
	// An error of the method itself means that the line search found nothing
	// lower.
	result, _ := optimize.Minimize(problem, x, settings, &optimize.LBFGS{Linesearcher: &optimize.MoreThuente{}, GradStopThreshold: math.NaN()})
	if failure != nil {
		return outcome{}, failure
	}
	if result == nil { // it refuses to begin where f or its slope is not finite
		return outcome{}, errOverflow
	}
	o := outcome{x: result.X, iterations: result.MajorIterations}
	at(o.x)
	o.slope = floats.Norm(gradient, math.Inf(1))
	if failure != nil || o.slope <= tol || o.iterations >= maxIter {
		return o, failure
	}
	rest, err := minimiseAbsolute(f, o.x, make([]float64, len(x)), tol, maxIter-o.iterations)
	rest.iterations += o.iterations
	return rest, err
}

// minimiseAbsolute finds the minimum of f(x) + sum of l1 |x| from x by
// accelerated proximal gradient steps (Beck and Teboulle 2009, FISTA), with the
// momentum restarted when it points uphill (O'Donoghue and Candès 2015). It
// stops when a step, divided by its length on the gradient, has no component
// larger than tol; at the minimum that is 0.
//
// Steps are shortened until (gradient after - gradient before) . step <=
// curvature/2 |step|^2. For a convex f that implies the bound that the method
// needs, and unlike the values of f it can be computed close to the minimum.
func minimiseAbsolute(f objective, x, l1 []float64, tol float64, maxIter int) (outcome, error) {
	const shorter, longer = 2, 0.9 // factors of the curvature
	n := len(x)
	x = slices.Clone(x)
	ahead, next := slices.Clone(x), make([]float64, n) // ahead is x with momentum
	before, after := make([]float64, n), make([]float64, n)
	curvature, momentum := 1.0, 1.0
	o := outcome{x: x}
	for ; o.iterations < maxIter; o.iterations++ {
		if _, err := f(ahead, before); err != nil {
			return outcome{}, err
		}
		for ; ; curvature *= shorter {
			for i, v := range ahead {
				next[i] = softThreshold(v-before[i]/curvature, l1[i]/curvature)
			}
			if _, err := f(next, after); err != nil {
				return outcome{}, err
			}
			var bend, length float64
			for i, v := range next {
				step := v - ahead[i]
				bend += (after[i] - before[i]) * step
				length += step * step
			}
			if bend <= curvature/2*length || curvature > 1e300 {
				break
			}
		}
		var uphill float64
		o.slope = 0
		for i, v := range next {
			uphill += (ahead[i] - v) * (v - x[i])
			o.slope = max(o.slope, curvature*math.Abs(v-ahead[i]))
		}
		if uphill > 0 {
			momentum = 1
		}
		last := momentum
		momentum = (1 + math.Sqrt(1+4*last*last)) / 2
		for i, v := range next {
			ahead[i] = v + (last-1)/momentum*(v-x[i])
		}
		copy(x, next)
		if o.slope <= tol {
			o.iterations++
			break
		}
		curvature *= longer
	}
	return o, nil
}
