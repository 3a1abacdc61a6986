package prepare

import (
	"errors"
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner/exact"
)

// smallestScale is the smallest number by which a column is divided; one with less spread is constant.
const smallestScale = 1e-290

// agreeNumeric finds the number for missing cells, and the scale that the column has once those are filled.
func agreeNumeric(p *plan, from *sources, j int) (PreparedColumn, error) {
	c := PreparedColumn{Kind: Numeric}
	var fills, centers, scales []float64
	var problems []error
	for _, s := range from.summaries {
		column := s.Columns[j]
		if column.Missing == s.Rows {
			continue // whatever such rows are filled with, it is not theirs to say
		}
		fill, err := fillOf(p, column, s.Rows)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		fills = append(fills, fill)
	}
	switch {
	case len(problems) > from.faulty || len(problems) > 0 && len(fills) == 0:
		return c, problems[0]
	case len(fills) == 0:
		return c, nil
	}
	fill := from.of(fills)
	if p.impute != None {
		c.Fill = &fill
	}
	for _, s := range from.summaries {
		column := s.Columns[j]
		if column.Missing == s.Rows {
			continue
		}
		filled := 0
		if p.impute != None {
			filled = column.Missing
		}
		center, scale := scaleOf(p, column, s.Rows-column.Missing, fill, filled)
		centers, scales = append(centers, center), append(scales, scale)
	}
	if p.scale != None {
		c.Center, c.Scale = from.of(centers), from.of(scales)
		if !(c.Scale >= smallestScale) {
			c.Scale = 1
		}
		if c.Center-c.Center != 0 || c.Scale-c.Scale != 0 {
			return c, errors.New("its numbers spread over more than a float64 can hold: scale it yourself, or leave it out with prepare.drop")
		}
	}
	return c, nil
}

// fillOf is what a missing cell becomes.
func fillOf(p *plan, c ColumnSummary, rows int) (float64, error) {
	switch p.impute {
	case Mean:
		return exact.Mean(rows-c.Missing, c.Sum), nil
	case Median:
		return c.Values.quantile(0.5), nil
	case MostFrequent:
		v, ok := c.Values.mode()
		if !ok {
			return 0, fmt.Errorf("it has more than %d different numbers, too many to say which is the most frequent: set impute to mean, median or constant", MostValues)
		}
		return v, nil
	case Constant:
		return p.number()
	default:
		return 0, nil
	}
}

// scaleOf is the middle and the spread of n numbers and of a fill that occurs filled times beside them.
func scaleOf(p *plan, c ColumnSummary, n int, fill float64, filled int) (center, scale float64) {
	switch p.scale {
	case Standard:
		sum, squares := withFill(c, fill, filled)
		return exact.Mean(n+filled, sum), math.Sqrt(max(exact.Variance(n+filled, sum, squares), 0))
	case MinMax:
		low, high := c.Extremes.Min, c.Extremes.Max
		if filled > 0 {
			low, high = min(low, fill), max(high, fill)
		}
		return low, high - low
	case Robust:
		v := c.Values
		if filled > 0 {
			v = v.with(fill, filled)
		}
		return v.quantile(0.5), v.quantile(0.75) - v.quantile(0.25)
	default:
		return 0, 0
	}
}

// withFill adds a number to the sums of a column, so and so often.
func withFill(c ColumnSummary, fill float64, times int) (sum, squares []float64) {
	if times == 0 || math.Abs(fill) < exact.SmallestSquared {
		return c.Sum, c.Squares
	}
	var s, s2 exact.Sum
	s.AddExpansion(c.Sum)
	s2.AddExpansion(c.Squares)
	s.AddTimes(fill, times)
	s2.AddSquareTimes(fill, times)
	return s.Expansion(), s2.Expansion()
}
