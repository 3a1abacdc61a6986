package linear

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner"
)

// standardised is the change of variables under which an iterative method
// sees features of mean 0 and a curvature of about 1: the minimum stays where
// it is, but the way there is short whatever the units of the features.
// Penalties are meant, and computed, on the data's own scale.
//
// The variables are, for each output, the coefficients and, if there is one,
// the intercept.
type standardised struct {
	features  int
	intercept bool
	mean      []float64 // zeros without an intercept
	unit      []float64 // what a variable of 1 is as a coefficient; 0 for a column that is constant
	weight    float64   // of the rows
}

// newStandardised looks over the data twice. The unit of a feature is the
// inverse of its deviation as long as the loss decides; strength, the penalty
// on squares by sum of weights, makes it smaller for features so small that the
// penalty does.
func newStandardised(ctx context.Context, d learner.Dataset, intercept bool, strength float64, procs int) (*standardised, error) {
	m, err := momentsOf(ctx, d, procs)
	if err != nil {
		return nil, err
	}
	_, features := d.X.Dims()
	s := &standardised{features: features, intercept: intercept, mean: m.mean[:features], unit: make([]float64, features), weight: m.weight}
	if !intercept {
		clear(s.mean)
	}
	// Squares are formed of values divided by the largest, which cannot overflow.
	scale := make([]float64, features)
	for j := range scale {
		if largest := max(math.Abs(m.high[j]-s.mean[j]), math.Abs(m.low[j]-s.mean[j])); largest > 0 && (m.low[j] < m.high[j] || !intercept) {
			scale[j] = 1 / largest
		}
	}
	squares := make([]float64, features)
	parts := make([][]float64, procs)
	raw := d.X.RawMatrix()
	err = overChunks(ctx, raw.Rows, procs, func(slot, from, to int) {
		part := make([]float64, features)
		parts[slot] = part
		if d.Weights == nil {
			kernel.AddSquares(part, blas64.General{Rows: to - from, Cols: features, Stride: raw.Stride, Data: raw.Data[from*raw.Stride:]}, s.mean, scale)
			return
		}
		for i := from; i < to; i++ {
			w := d.Weights[i]
			if w == 0 {
				continue
			}
			for j, v := range raw.Data[i*raw.Stride : i*raw.Stride+features] {
				z := float64((v - s.mean[j]) * scale[j])
				part[j] += float64(float64(w*z) * z)
			}
		}
	}, func(slot int) {
		for j, v := range parts[slot] {
			squares[j] += v
		}
	})
	for j, v := range squares {
		if v > 0 {
			// The log loss of standardised features has a curvature of at most
			// 1/4, a penalty of l2 adds l2 unit^2.
			s.unit[j] = 1 / math.Hypot(math.Sqrt(v/s.weight)/scale[j], 2*math.Sqrt(strength/s.weight))
		}
	}
	return s, err
}

// size is the number of variables of the given number of outputs.
func (s *standardised) size(outputs int) int {
	if s.intercept {
		return outputs * (s.features + 1)
	}
	return outputs * s.features
}

// split is one output's variables: the coefficients and the intercept (nil if there is none).
func (s *standardised) split(x []float64, output int) (coef, intercept []float64) {
	if !s.intercept {
		return x[output*s.features : (output+1)*s.features], nil
	}
	x = x[output*(s.features+1) : (output+1)*(s.features+1)]
	return x[:s.features], x[s.features:]
}

// function writes what the variables x stand for into f.
func (s *standardised) function(x []float64, f functions) {
	for o := range f.intercept {
		coef, intercept := s.split(x, o)
		f.intercept[o] = 0
		if intercept != nil {
			f.intercept[o] = intercept[0]
		}
		for j, v := range coef {
			b := v * s.unit[j]
			f.coef[o*s.features+j] = b
			f.intercept[o] -= b * s.mean[j]
		}
	}
}

// gradient turns derivatives by the functions' coefficients and intercepts
// into derivatives by the variables.
func (s *standardised) gradient(by functions, into []float64) {
	for o := range by.intercept {
		coef, intercept := s.split(into, o)
		for j := range coef {
			coef[j] = s.unit[j] * (by.coef[o*s.features+j] - s.mean[j]*by.intercept[o])
		}
		if intercept != nil {
			intercept[0] = by.intercept[o]
		}
	}
}
