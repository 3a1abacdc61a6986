package neural

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// scale standardises features: (x - mean) / deviation.
type scale struct{ mean, deviation []float64 }

// far bounds what is standardised: sigmoids cannot tell more apart, and what
// overflows must not reach golearn.
const far = 1e9

// newScale measures x. A constant column, and one whose spread overflows, has
// the deviation 1 and the largest float.
func newScale(x *mat.Dense) scale {
	rows, cols := x.Dims()
	s := scale{make([]float64, cols), make([]float64, cols)}
	for j := range cols {
		for i := range rows { // updated one by one, the mean cannot overflow
			share := 1 / float64(i+1)
			s.mean[j] = (1-share)*s.mean[j] + share*x.At(i, j)
		}
		for i := range rows {
			s.deviation[j] = math.Hypot(s.deviation[j], (x.At(i, j)-s.mean[j])/math.Sqrt(float64(rows)))
		}
		switch d := s.deviation[j]; {
		case d <= 1e-14*math.Abs(s.mean[j]):
			s.deviation[j] = 1
		case math.IsInf(d, 0):
			s.deviation[j] = math.MaxFloat64
		}
	}
	return s
}

// of is x standardised and bounded, in memory of its own.
func (s scale) of(x *mat.Dense) *mat.Dense {
	var out mat.Dense
	out.Apply(func(_, j int, v float64) float64 { return max(-far, min(far, (v-s.mean[j])/s.deviation[j])) }, x)
	return &out
}
