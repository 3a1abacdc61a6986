package moments

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// Scaling takes values to a standard scale: (value - Mean) / Scale, column by
// column.
type Scaling struct {
	Mean  []float64
	Scale []float64 // never 0
}

// constant is the deviation, relative to the mean, up to which a column is
// one value and its rounding.
const constant = 8 * 0x1p-52

// Scaling is the one that gives every column mean 0 and variance 1. A column
// that is constant, but for rounding, gets scale 1: all its values become 0. It refuses moments of
// no rows, and (a *learner.DataError) values so large that their squares
// overflow.
func (m Moments) Scaling() (Scaling, error) {
	if m.Weight == 0 {
		return Scaling{}, errors.New("moments: no rows to take a scale from")
	}
	if err := m.check(); err != nil {
		return Scaling{}, err
	}
	s := Scaling{Mean: append([]float64(nil), m.Mean...), Scale: m.Variance()}
	for j, variance := range s.Scale {
		s.Scale[j] = math.Sqrt(variance)
		if s.Scale[j] <= constant*math.Abs(s.Mean[j]) {
			s.Scale[j] = 1
		}
	}
	return s, nil
}

// ScaleOnly is s without the shift, for a model that has no intercept to take
// the means up.
func (s Scaling) ScaleOnly() Scaling {
	return Scaling{Mean: make([]float64, len(s.Mean)), Scale: s.Scale}
}

// Row writes a row on the standard scale. into may be row itself.
func (s Scaling) Row(row, into []float64) {
	mean, scale, into := s.Mean[:len(row)], s.Scale[:len(row)], into[:len(row)]
	for j, v := range row {
		into[j] = (v - mean[j]) / scale[j]
	}
}

// Standardize returns x (rows x features) on the standard scale; x stays as it
// is. It refuses another width than the scaling's.
func (s Scaling) Standardize(x *mat.Dense) (*mat.Dense, error) {
	rows, cols := x.Dims()
	if cols != len(s.Scale) {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("X has %d columns, the scaling is of %d", cols, len(s.Scale))}
	}
	if x.IsEmpty() {
		return &mat.Dense{}, nil
	}
	out := mat.NewDense(rows, cols, nil)
	for i := range rows {
		s.Row(x.RawRowView(i), out.RawRowView(i))
	}
	return out, nil
}
