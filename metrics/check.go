package metrics

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// checkRows checks that there are rows and that all slices have the same length.
func checkRows(y, predicted, weights []float64) error {
	fail := func(format string, args ...any) error {
		return &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(y) == 0:
		return fail("no rows to score")
	case len(predicted) != len(y):
		return fail("y has %d rows, but there are %d predictions", len(y), len(predicted))
	case weights == nil:
		return nil
	case len(weights) != len(y):
		return fail("y has %d rows, but there are %d weights", len(y), len(weights))
	}
	for i, w := range weights {
		if !numeric.IsFinite(w) || w < 0 {
			return &learner.DataError{Row: i, Column: -1, Name: "weight", Reason: fmt.Sprintf("a weight must be finite and >= 0, not %v", w)}
		}
	}
	if sum(weights) == 0 {
		return fail("all row weights are 0")
	}
	return nil
}

// checkProba checks that proba, if given, holds probabilities.
func checkProba(proba *mat.Dense, rows, classes int) error {
	if proba == nil {
		return nil
	}
	if r, c := proba.Dims(); r != rows || c != classes {
		return &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("the probabilities are %d x %d for %d rows and %d classes", r, c, rows, classes)}
	}
	for i := range rows {
		for c, p := range proba.RawRowView(i) {
			if !(p >= 0 && p <= 1+1e-9) {
				return &learner.DataError{Row: i, Column: c, Reason: fmt.Sprintf("%v is not a probability", p)}
			}
		}
	}
	return nil
}

// weight is row i's weight.
func weight(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

func sum(values []float64) float64 {
	var s float64
	for _, v := range values {
		s += v
	}
	return s
}
