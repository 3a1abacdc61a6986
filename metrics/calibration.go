package metrics

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/gochimera/chimera/learner"
)

// Binning is how probabilities are put into bins.
type Binning string

// The ways.
const (
	Uniform  Binning = "uniform"  // bins of one width
	Quantile Binning = "quantile" // bins of about as many rows each
)

// Calibration compares the probabilities of an event with how often it happened (a reliability diagram: DeGroot and
// Fienberg 1983), bin by bin; empty bins are left out.
type Calibration struct {
	Binning   Binning   `json:"strategy" enum:"uniform,quantile"`
	Predicted []float64 `json:"prob_pred" nullable:"false" doc:"Mean probability of the rows of each bin."`
	True      []float64 `json:"prob_true" nullable:"false" doc:"Share of these rows for which it happened."`
	Rows      []int     `json:"rows" nullable:"false" doc:"Number of these rows."`
	Brier     float64   `json:"brier" doc:"Mean squared difference of the probability and what happened: 1 or 0 (Brier 1950). Less is better."`
}

// NewCalibration puts the rows into so many bins by their probabilities, one a row. A probability on the edge of two bins is in the lower
// one. The error is a *learner.DataError if the rows do not fit together or a number is no probability, and another one
// if there is no such binning.
func NewCalibration(happened []bool, proba []float64, bins int, how Binning) (Calibration, error) {
	y := make([]float64, len(happened))
	for i, h := range happened {
		if h {
			y[i] = 1
		}
	}
	if err := checkRows(y, proba, nil); err != nil {
		return Calibration{}, err
	}
	c := Calibration{Binning: how}
	for i, p := range proba {
		if !(p >= 0 && p <= 1) {
			return Calibration{}, &learner.DataError{Row: i, Column: -1, Name: "probability", Reason: fmt.Sprintf("%v is not a probability", p)}
		}
		c.Brier += (p - y[i]) * (p - y[i]) / float64(len(y))
	}
	if bins < 1 {
		return Calibration{}, fmt.Errorf("calibration in %d bins: want at least 1", bins)
	}
	edges := linspace(0, 1, bins+1)
	switch how {
	case Uniform:
	case Quantile:
		sorted := slices.Sorted(slices.Values(proba))
		for k, share := range edges {
			edges[k] = percentile(sorted, share*100)
		}
	default:
		return Calibration{}, fmt.Errorf("calibration by %q: want %s or %s", how, Uniform, Quantile)
	}
	sums, events, rows := make([]float64, bins), make([]float64, bins), make([]int, bins)
	for i, p := range proba {
		k := sort.SearchFloat64s(edges[1:bins], p)
		sums[k] += p
		events[k] += y[i]
		rows[k]++
	}
	for k, n := range rows {
		if n > 0 {
			c.Predicted, c.True = append(c.Predicted, sums[k]/float64(n)), append(c.True, events[k]/float64(n))
			c.Rows = append(c.Rows, n)
		}
	}
	return c, nil
}

// linspace are n numbers from low to high at one distance, computed as NumPy does.
func linspace(low, high float64, n int) []float64 {
	out := make([]float64, n)
	step := (high - low) / float64(n-1)
	for i := range out {
		out[i] = float64(i)*step + low
	}
	out[n-1] = high
	return out
}

// percentile is the p-th percentile of sorted values, linear between two of them, computed as NumPy does, since
// the edge of a bin may be a value: Hyndman and Fan's definition 7.
func percentile(sorted []float64, p float64) float64 {
	at := float64(len(sorted)-1) * (p / 100)
	below := math.Floor(at)
	i, share := int(below), at-below
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	a, b := sorted[i], sorted[i+1]
	if share >= 0.5 {
		return b - (b-a)*(1-share)
	}
	return a + (b-a)*share
}
