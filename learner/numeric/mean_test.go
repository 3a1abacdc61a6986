package numeric_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

func TestMeanOfLargeNumbers(t *testing.T) {
	const huge = math.MaxFloat64
	for _, tt := range []struct {
		name            string
		values, weights []float64
		want            float64
	}{
		{"small", []float64{1, 2, 6}, nil, 3},
		{"weighted", []float64{1, 2, 6}, []float64{1, 1, 2}, 3.75},
		{"largest", []float64{huge, huge, huge}, nil, huge},
		{"both ends", []float64{huge, huge, -huge, -huge}, nil, 0},
		{"weights that overflow", []float64{1, 3}, []float64{huge, huge}, 2},
		{"values and weights that overflow", []float64{huge, -huge, huge, 0}, []float64{huge, huge, 0, huge}, 0},
	} {
		if got := numeric.Mean(tt.values, tt.weights); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	rnd := learner.NewRand(1)
	for range 200 {
		values := make([]float64, 1+rnd.IntN(9))
		exact := new(big.Rat)
		for i := range values {
			values[i] = (2*rnd.Float64() - 0.5) / 1.5 * huge
			exact.Add(exact, new(big.Rat).SetFloat64(values[i]))
		}
		want, _ := exact.Quo(exact, big.NewRat(int64(len(values)), 1)).Float64()
		if got := numeric.Mean(values, nil); math.Abs(got/4-want/4) > 1e-15*huge {
			t.Errorf("the mean of %v is %v, want %v", values, got, want)
		}
	}
}
