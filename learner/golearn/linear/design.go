//go:build cgo

package linear

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// column is one column of the data: values = centre + scale * a column with
// mean 0 and values in [-1, 1].
type column struct {
	centre, scale float64
	values        []float64 // centred and scaled
}

// newColumn centres and scales values in place. scale is 0 for a constant. name
// is for the error that the values lie too far apart for a float.
func newColumn(values []float64, at int, name string) (column, error) {
	c := column{values: values}
	for i, v := range values { // updated one by one, the mean cannot overflow
		share := 1 / float64(i+1)
		c.centre = (1-share)*c.centre + share*v
	}
	for i := range values {
		values[i] -= c.centre
		c.scale = max(c.scale, math.Abs(values[i]))
	}
	if math.IsInf(c.scale, 0) {
		return c, &learner.DataError{Row: -1, Column: at, Name: name, Reason: "the values lie too far apart: scale the column"}
	}
	if c.scale <= constant*math.Abs(c.centre) {
		c.scale = 0
	}
	if c.scale > 0 {
		floats.Scale(1/c.scale, values)
	}
	return c, nil
}

const (
	// constant is the rounding error that the mean of equal values may have.
	constant = 1e-14
	// dependent is the part of a column's length, as in R's lm, below which
	// what other columns do not explain of it counts as nothing.
	dependent = 1e-7
)

// independent lists the columns, first come first served, that do not depend
// on those before: at most one fewer than there are rows, since the intercept
// takes one. It orthogonalises each against those kept by modified
// Gram-Schmidt, twice (Giraud, Langou, Rozloznik 2005).
func independent(columns []column) []int {
	var kept []int
	var basis [][]float64
	for j, c := range columns {
		if c.scale == 0 {
			continue
		}
		if len(kept) == len(c.values)-1 {
			break
		}
		rest := append([]float64(nil), c.values...)
		length := floats.Norm(rest, 2)
		for range 2 {
			for _, b := range basis {
				floats.AddScaled(rest, -floats.Dot(b, rest), b)
			}
		}
		left := floats.Norm(rest, 2)
		if left <= dependent*length {
			continue
		}
		floats.Scale(1/left, rest)
		kept, basis = append(kept, j), append(basis, rest)
	}
	return kept
}

// columnsOf takes x apart.
func columnsOf(x *mat.Dense, names []string) ([]column, error) {
	_, cols := x.Dims()
	columns := make([]column, cols)
	for j := range columns {
		name := ""
		if j < len(names) {
			name = names[j]
		}
		var err error
		if columns[j], err = newColumn(mat.Col(nil, j, x), j, name); err != nil {
			return nil, err
		}
	}
	return columns, nil
}
