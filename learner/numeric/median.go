package numeric

import "slices"

// Median is the middle of the values, or the mean of the two in the middle. It
// sorts the values. It panics if there are none.
func Median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return values[n/2-1]/2 + values[n/2]/2 // halves first: the sum of two large numbers may overflow
}
