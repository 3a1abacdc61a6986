package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// Decomposition measures how much of rows their components tell: by the rows that come back from the components.
type Decomposition struct {
	Rows       int `json:"rows"`
	Components int `json:"components"`

	ExplainedVariance float64 `json:"explained_variance" doc:"Share of the rows' variance that the components tell; 0 is no more than their mean."`
	Reconstruction    float64 `json:"reconstruction_error" doc:"Mean squared difference between a feature and what the components make of it."`
}

// epsilon is how far 1 is from the next number.
const epsilon = 0x1p-52

// NewDecomposition compares rows (rows x features) with what their components, so many, make of them again. Of the rows of
// a principal component analysis's training, the explained variance is the sum of its ratios. For inputs that do not fit
// together, or are so large that their squares are infinite, the error is a *learner.DataError.
func NewDecomposition(x, restored *mat.Dense, components int) (Decomposition, error) {
	fail := func(format string, args ...any) (Decomposition, error) {
		return Decomposition{}, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf(format, args...)}
	}
	if x == nil || x.IsEmpty() {
		return fail("no rows to score")
	}
	rows, cols := x.Dims()
	if restored == nil || restored.IsEmpty() {
		return fail("no rows that come back from the components")
	}
	if r, c := restored.Dims(); r != rows || c != cols {
		return fail("there are %d rows of %d features, and %d of %d come back from the components", rows, cols, r, c)
	}
	out := Decomposition{Rows: rows, Components: components}
	var residual, total, largest float64
	for j := range cols {
		values, again := mat.Col(nil, j, x), mat.Col(nil, j, restored)
		mean := Mean(values, nil)
		for i, v := range values {
			r, d := v-again[i], v-mean
			largest = max(largest, math.Abs(v))
			residual += r * r
			total += d * d
		}
	}
	if !numeric.IsFinite(residual) || !numeric.IsFinite(total) {
		return fail("rows are so far apart that the squares of their distances are infinite")
	}
	out.Reconstruction = residual / float64(rows) / float64(cols)
	// Below it, sums of squares are what is left of rounding.
	noise := float64(rows) * float64(cols) * (8 * epsilon * largest) * (8 * epsilon * largest)
	switch share := 1 - residual/total; {
	case total > noise && numeric.IsFinite(share):
		out.ExplainedVariance = share
	case residual <= noise:
		out.ExplainedVariance = 1
	}
	return out, nil
}
