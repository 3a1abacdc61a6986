package cluster

import "slices"

// Median is the median of the numbers in a column. It sorts the column.
func Median(column []float64) float64 {
	slices.Sort(column)
	n := len(column)
	if n%2 == 1 {
		return column[n/2]
	}
	return column[n/2-1]/2 + column[n/2]/2 // halves first: the sum of two large numbers may overflow
}
