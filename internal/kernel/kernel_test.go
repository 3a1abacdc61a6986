package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// bothWays runs check for every length up to three blocks of 16 values and one
// more, and for a long one. A processor without vector instructions has nothing
// to compare, which is said.
func bothWays(t *testing.T, check func(t *testing.T, rng *rand.Rand, n int)) {
	t.Helper()
	if !avx2() {
		t.Skip("this processor runs plain Go: there is nothing to compare it with")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 50 {
		check(t, rng, n)
	}
	check(t, rng, 1003)
}

// sameBits is for values that may be NaN or either zero.
func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// normal is n values around 0 of a spread of 1.
func normal(rng *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = rng.NormFloat64()
	}
	return values
}

func TestLengthsThatDiffer(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("vectors of 2 and of 3 values are taken for one length")
		}
	}()
	sameLength(2, 2, 3)
}
