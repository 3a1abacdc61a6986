package loss

import "math"

// SquaredError is (score - target)^2 / 2.
type SquaredError struct{}

// At has no kink.
func (SquaredError) At(score, target float64) (value, derivative float64) {
	r := score - target
	return r * r / 2, r
}

// Huber is the squared error up to Epsilon and grows linearly beyond, so that
// rows far off pull no harder than others (Huber 1964).
type Huber struct{ Epsilon float64 }

// At has no kink; the derivative lies in [-Epsilon, Epsilon].
func (l Huber) At(score, target float64) (value, derivative float64) {
	r := score - target
	if math.Abs(r) <= l.Epsilon {
		return r * r / 2, r
	}
	return l.Epsilon * (math.Abs(r) - l.Epsilon/2), math.Copysign(l.Epsilon, r)
}

// EpsilonInsensitive is max(0, |score - target| - Epsilon), the loss of
// support vector regression (Vapnik 1995).
type EpsilonInsensitive struct{ Epsilon float64 }

// At takes the derivative 0 at its kinks, where |score - target| = Epsilon.
func (l EpsilonInsensitive) At(score, target float64) (value, derivative float64) {
	r := score - target
	if math.Abs(r) <= l.Epsilon {
		return 0, 0
	}
	return math.Abs(r) - l.Epsilon, math.Copysign(1, r)
}

// SquaredEpsilonInsensitive is the square of EpsilonInsensitive.
type SquaredEpsilonInsensitive struct{ Epsilon float64 }

// At has no kink.
func (l SquaredEpsilonInsensitive) At(score, target float64) (value, derivative float64) {
	r := score - target
	beyond := math.Abs(r) - l.Epsilon
	if beyond <= 0 {
		return 0, 0
	}
	return beyond * beyond, math.Copysign(2*beyond, r)
}

var (
	_ Loss = SquaredError{}
	_ Loss = Huber{}
	_ Loss = EpsilonInsensitive{}
	_ Loss = SquaredEpsilonInsensitive{}
)
