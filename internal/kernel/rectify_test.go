package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// odd values, among others.
func odd(rng *rand.Rand, n int) []float64 {
	special := []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64}
	values := normal(rng, n)
	for i := range values {
		if j := rng.IntN(2 * len(special)); j < len(special) {
			values[i] = special[j]
		}
	}
	return values
}

func TestRectifyBothWays(t *testing.T) {
	bothWays(t, func(t *testing.T, rng *rand.Rand, n int) {
		t.Helper()
		x, d := odd(rng, n), odd(rng, n)
		got, want := make([]float64, n), make([]float64, n)
		rectifyAVX2(got, x)
		rectifyPlain(want, x)
		if !sameBits(got, want) {
			t.Fatalf("of %v: %v, plain Go says %v", x, got, want)
		}
		rectifyBackAVX2(got, d, x)
		rectifyBackPlain(want, d, x)
		if !sameBits(got, want) {
			t.Fatalf("of %v where %v: %v, plain Go says %v", d, x, got, want)
		}
	})
}

func TestRectify(t *testing.T) {
	x := []float64{-1, 2, math.Copysign(0, -1), math.NaN(), 0, math.Inf(1), math.Inf(-1)}
	out := make([]float64, len(x))
	Rectify(out, x)
	if want := []float64{0, 2, 0, math.NaN(), 0, math.Inf(1), 0}; !sameBits(out, want) {
		t.Errorf("%v, want %v", out, want)
	}
	dx := make([]float64, len(x))
	RectifyBack(dx, []float64{1, 2, 3, 4, 5, 6, 7}, out)
	if want := []float64{0, 2, 0, 4, 0, 6, 0}; !sameBits(dx, want) {
		t.Errorf("back %v, want %v", dx, want)
	}
}
