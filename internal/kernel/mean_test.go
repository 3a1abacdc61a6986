package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMeanBothWays(t *testing.T) {
	bothWays(t, func(t *testing.T, rng *rand.Rand, n int) {
		t.Helper()
		n *= lanes
		g, p := normal(rng, n), normal(rng, n)
		g2 := slices.Clone(g)
		var sums, sums2 [lanes]float64
		meanAVX2(g, p, 0.3, 0.7, &sums)
		meanPlain(g2, p, 0.3, 0.7, &sums2)
		if !sameBits(g, g2) || sums != sums2 {
			t.Fatalf("%d values: %v and sums %v, plain Go says %v and %v", n, g, sums, g2, sums2)
		}
	})
}

func TestMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 70 {
		g, p := normal(rng, n), normal(rng, n)
		before := slices.Clone(g)
		squares := Mean(g, p, 0.5, 0.25)
		var want float64
		for i, x := range p {
			want += x * x
			if w := (before[i] + x/2) / 4; math.Abs(g[i]-w) > 1e-15 {
				t.Fatalf("value %d of %d is %v, want %v", i, n, g[i], w)
			}
		}
		if math.Abs(squares-want) > 1e-14*float64(n) {
			t.Errorf("the squares of %d values add up to %v, want %v", n, squares, want)
		}
	}
}
