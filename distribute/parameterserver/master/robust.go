package master

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/learner/numeric"
)

// reducer combines the members' vectors, which come in member order and are divided by their divisors,
// into one. weights are those of the members; robust reducers ignore them. into may be the first of
// the vectors.
type reducer func(vectors [][]float64, divisors, weights, into []float64)

// newReducer makes the reducer of a setting. trim is used by trimmed_mean only.
func newReducer(name string, trim int) reducer {
	switch name {
	case parameterserver.AggregateMedian:
		return cellwiseRobust(numeric.Median)
	case parameterserver.AggregateTrimmedMean:
		return cellwiseRobust(func(column []float64) float64 { return trimmedMean(column, trim) })
	default:
		return weightedMean
	}
}

// weightedMean adds in member order.
func weightedMean(vectors [][]float64, divisors, weights, into []float64) {
	total := floats.Sum(weights)
	for k, v := range vectors {
		factor := weights[k] / total / divisors[k]
		if k == 0 {
			floats.ScaleTo(into, factor, v)
			continue
		}
		floats.AddScaled(into, factor, v)
	}
}

// cellwiseRobust applies a robust mean number by number (Yin, Chen,
// Ramchandran, Bartlett, "Byzantine-Robust Distributed Learning: Towards
// Optimal Statistical Rates", 2018).
func cellwiseRobust(middle func(column []float64) float64) reducer {
	return func(vectors [][]float64, divisors, _, into []float64) {
		column := make([]float64, len(vectors))
		for i := range into {
			for k, v := range vectors {
				column[k] = v[i] / divisors[k]
			}
			into[i] = middle(column)
		}
	}
}

// trimmedMean is the mean without the trim largest and the trim smallest values; if that would leave
// nothing, it is the median. It sorts column.
func trimmedMean(column []float64, trim int) float64 {
	if 2*trim >= len(column) {
		return numeric.Median(column)
	}
	slices.Sort(column)
	kept := column[trim : len(column)-trim]
	var sum float64
	for _, v := range kept {
		sum += v / float64(len(kept))
	}
	return sum
}
