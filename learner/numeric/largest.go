package numeric

import "gonum.org/v1/gonum/floats"

// ArgMax is the index of the largest value; among equals, the first. NaN is
// passed over, unless there is nothing else: then it is 0. It panics if there
// are no values.
func ArgMax(values []float64) int { return floats.MaxIdx(values) }
