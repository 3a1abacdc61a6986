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

// newReducer makes the reducer of the settings.
func newReducer(s parameterserver.Settings) reducer {
	switch s.Aggregation {
	case parameterserver.AggregateMedian, parameterserver.AggregateTrimmedMean:
		return cellwiseRobust(middleOf(s))
	case parameterserver.AggregateGeometricMedian:
		return geometricMedian
	case parameterserver.AggregateKrum:
		return krum(s.Faulty)
	case parameterserver.AggregateMultiKrum:
		return multiKrum(s.Faulty)
	case parameterserver.AggregateBulyan:
		return bulyan(s.Faulty)
	default:
		return weightedMean
	}
}

// middle combines one number of each member, robustly. It may sort them.
type middle func(column []float64) float64

// middleOf is how single numbers are combined: losses, moments, numbers of rows. It is nil for the
// mean, which is not robust.
func middleOf(s parameterserver.Settings) middle {
	switch s.Aggregation {
	case parameterserver.AggregateMean:
		return nil
	case parameterserver.AggregateTrimmedMean:
		return func(column []float64) float64 { return trimmedMean(column, s.Trim) }
	default:
		return numeric.Median
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
func cellwiseRobust(of middle) reducer {
	return func(vectors [][]float64, divisors, _, into []float64) {
		column := make([]float64, len(vectors))
		for i := range into {
			for k, v := range vectors {
				column[k] = v[i] / divisors[k]
			}
			into[i] = of(column)
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
