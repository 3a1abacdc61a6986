package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func adam() Adam {
	return Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Rate: 0.003, Unbias: 1.7, Shrink: 0.01}
}

func TestAdamBothWays(t *testing.T) {
	a := adam()
	bothWays(t, func(t *testing.T, rng *rand.Rand, n int) {
		t.Helper()
		p, g, m, v := normal(rng, n), normal(rng, n), normal(rng, n), normal(rng, n)
		for i := range v {
			v[i] *= v[i]
		}
		if n > 7 {
			g[1], g[2], v[3] = 0, math.Inf(1), 0
		}
		p2, m2, v2 := slices.Clone(p), slices.Clone(m), slices.Clone(v)
		for range 3 {
			adamAVX2(&a, p, g, m, v)
			adamPlain(&a, p2, g, m2, v2)
		}
		if !sameBits(p, p2) || !sameBits(m, m2) || !sameBits(v, v2) {
			t.Fatalf("%d parameters: %v %v %v, plain Go says %v %v %v", n, p, m, v, p2, m2, v2)
		}
	})
}

// TestAdamByHand: a second moment of 9 and a gradient whose square is 41 make 25
// with a beta of 1/2, so 5 times 3 and an epsilon of 1 divide by 16.
func TestAdamByHand(t *testing.T) {
	a := Adam{Beta1: 0.5, Beta2: 0.5, Epsilon: 1, Rate: 4, Unbias: 3, Shrink: 0.5}
	p, m, v := []float64{8}, []float64{1}, []float64{9}
	a.Step(p, []float64{math.Sqrt(41)}, m, v)
	if math.Abs(v[0]-25) > 1e-13 {
		t.Errorf("v is %v, want 25", v[0])
	}
	first := (1 + math.Sqrt(41)) / 2
	if math.Abs(m[0]-first) > 1e-15 {
		t.Errorf("m is %v, want %v", m[0], first)
	}
	if want := 8 - 4 - 4*first/16; math.Abs(p[0]-want) > 1e-14 {
		t.Errorf("p is %v, want %v", p[0], want)
	}
}
