package numeric

import "gonum.org/v1/gonum/floats"

// IsFinite reports whether v is neither NaN nor infinite.
func IsFinite(v float64) bool { return v-v == 0 } // Inf - Inf is NaN, and so is all that NaN takes part in

// AllFinite reports whether each of the values is finite; without any they are.
func AllFinite(values []float64) bool { return FirstNotFinite(values) < 0 }

// FirstNotFinite is the index of the first value that is NaN or infinite, or -1.
func FirstNotFinite(values []float64) int {
	for i, v := range values {
		if !IsFinite(v) {
			return i
		}
	}
	return -1
}

// FiniteSum reports whether the sum of the values is finite. Where it is, so is
// each value; it is not where finite values add up to more than a float64 holds.
func FiniteSum(values []float64) bool { return IsFinite(floats.Sum(values)) }
