package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// scores are of all sizes, and some at the edges.
func scores(rng *rand.Rand, n int) []float64 {
	edges := []float64{0, math.Copysign(0, -1), -708, math.Nextafter(-708, -709), -745, math.Inf(-1), -1e-300, -math.Ln2 / 2, 708, 1e6, 0.5, -37}
	v := make([]float64, n)
	for i := range v {
		switch rng.IntN(4) {
		case 0:
			v[i] = edges[rng.IntN(len(edges))]
		case 1:
			v[i] = 1000 * (rng.Float64() - 0.5)
		default:
			v[i] = 4 * rng.NormFloat64()
		}
	}
	return v
}

func TestLogisticBothWays(t *testing.T) {
	bothWays(t, func(t *testing.T, rng *rand.Rand, n int) {
		t.Helper()
		for range 20 {
			v := scores(rng, n)
			for i := range v {
				v[i] = min(v[i], 709)
			}
			got, want := slices.Clone(v), slices.Clone(v)
			expAVX2(got)
			expPlain(want)
			if !sameBits(got, want) {
				t.Fatalf("exp of %v: %v, plain Go says %v", v, got, want)
			}
			y, weights := make([]float64, n), make([]float64, n)
			for i := range y {
				y[i], weights[i] = float64(rng.IntN(2)), float64(rng.IntN(4))*(1+rng.Float64())
			}
			for _, w := range [][]float64{nil, weights} {
				v := scores(rng, n)
				got, want := slices.Clone(v), slices.Clone(v)
				one := logisticSums{products: [4]float64{1, 1, 1, 1}}
				other := one
				logisticAVX2(got, y, w, &one)
				logisticPlain(want, y, w, &other)
				if !sameBits(got, want) || !sameBits(one.losses[:], other.losses[:]) || n < 1000 && !sameBits(one.products[:], other.products[:]) {
					t.Fatalf("scores %v: %v and %v, plain Go says %v and %v", v, got, one, want, other)
				}
			}
			v = scores(rng, n)
			got, want = slices.Clone(v), slices.Clone(v)
			losses, others := make([]float64, n), make([]float64, n)
			logisticEachAVX2(got, y, losses)
			logisticEachPlain(want, y, others)
			if !sameBits(got, want) || !sameBits(losses, others) {
				t.Fatalf("scores %v: %v and %v, plain Go says %v and %v", v, got, losses, want, others)
			}
		}
	})
}

// ulps is how many units in the last place of want got is off.
func ulps(got, want float64) float64 {
	return math.Abs(got-want) / (math.Nextafter(want, math.Inf(1)) - want)
}

// TestExp compares with math.Exp, which is itself up to one unit in the last
// place off: with 120 bits of precision the largest error of ours was seen to be 0.98 of it.
func TestExp(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var most float64
	for range 1 << 20 {
		v := []float64{-708 * rng.Float64(), -math.Exp(10 * (rng.Float64() - 0.7)), 709 * rng.Float64(), -rng.Float64()}[rng.IntN(4)]
		v = max(v, -708)
		most = max(most, ulps(exponential(v), math.Exp(v)))
	}
	t.Logf("largest difference from math.Exp: %v units in the last place", most)
	if most > 2 {
		t.Errorf("%v units in the last place off", most)
	}
	for v, want := range map[float64]float64{0: 1, math.Copysign(0, -1): 1, math.Inf(-1): 0, -709: 0, -1e300: 0, 1: math.E, 709: 8.218407461554972e+307} {
		got := []float64{v, v, v, v}
		if Exp(got); ulps(got[0], want) > 1 {
			t.Errorf("exp(%v) is %v, want %v", v, got[0], want)
		}
	}
	got := []float64{math.NaN(), -1, math.NaN(), -2, math.NaN()}
	Exp(got)
	if !math.IsNaN(got[0]) || !math.IsNaN(got[2]) || !math.IsNaN(got[4]) || math.IsNaN(got[1]+got[3]) {
		t.Errorf("exp of NaN, -1, NaN, -2, NaN is %v", got)
	}
}

// TestLogOnePlus compares with math.Log1p; the largest error of ours was seen to be
// 1.9 units in the last place.
func TestLogOnePlus(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var most float64
	for range 1 << 20 {
		e := rng.Float64()
		if rng.IntN(2) == 0 {
			e = math.Exp(-700 * e)
		}
		most = max(most, ulps(logOnePlus(e), math.Log1p(e)))
	}
	t.Logf("largest difference from math.Log1p: %v units in the last place", most)
	if most > 3 {
		t.Errorf("%v units in the last place off", most)
	}
	if got := logOnePlus(0); got != 0 {
		t.Errorf("of 0: %v", got)
	}
}

// TestLogistic compares with the definition, row by row.
func TestLogistic(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 300 {
		n := rng.IntN(1500)
		v, y, weights := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range v {
			v[i], y[i], weights[i] = 10*rng.NormFloat64(), float64(rng.IntN(2)), float64(rng.IntN(3))*rng.Float64()
		}
		for _, w := range [][]float64{nil, weights} {
			var want float64
			slopes := make([]float64, n)
			for i, score := range v {
				sign, weight := 1-2*y[i], 1.0
				if w != nil {
					weight = w[i]
				}
				want += weight * (max(sign*score, 0) + math.Log1p(math.Exp(-math.Abs(score))))
				slopes[i] = weight * sign / (1 + math.Exp(-sign*score))
			}
			got := slices.Clone(v)
			if loss := Logistic(got, y, w); math.Abs(loss-want) > 1e-13*want {
				t.Fatalf("%d rows: a loss of %v, want %v", n, loss, want)
			}
			for i := range got {
				if math.Abs(got[i]-slopes[i]) > 1e-15*(1+math.Abs(slopes[i])) {
					t.Fatalf("row %d of score %v: slope %v, want %v", i, v[i], got[i], slopes[i])
				}
			}
		}
	}
}

// TestLogisticEach compares with the definition, row by row.
func TestLogisticEach(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	v, y, losses := make([]float64, 1000), make([]float64, 1000), make([]float64, 1000)
	for i := range v {
		v[i], y[i] = 10*rng.NormFloat64(), float64(rng.IntN(2))
	}
	v[0], v[1], v[2], v[3] = 800, -800, 0, 40
	slopes := slices.Clone(v)
	LogisticEach(slopes, y, losses)
	for i, score := range v {
		sign := 1 - 2*y[i]
		loss, slope := max(sign*score, 0)+math.Log1p(math.Exp(-math.Abs(score))), sign/(1+math.Exp(-sign*score))
		if math.Abs(losses[i]-loss) > 1e-15*(1+loss) || math.Abs(slopes[i]-slope) > 1e-15*math.Abs(slope)+1e-300 {
			t.Fatalf("row %d of score %v: loss %v, want %v, slope %v, want %v", i, score, losses[i], loss, slopes[i], slope)
		}
	}
}

// TestLogisticOfBadScores: what is not a number shows, in rows that weigh something.
func TestLogisticOfBadScores(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		for _, weights := range [][]float64{nil, {1, 1, 1, 1, 1}} {
			v := []float64{1, bad, 2, 3, bad}
			if loss := Logistic(v, make([]float64, 5), weights); !math.IsNaN(loss) && !math.IsInf(loss, 1) {
				t.Errorf("the loss of a score of %v is %v", bad, loss)
			}
		}
		v := []float64{1, bad, 2, 3, bad}
		if loss := Logistic(v, make([]float64, 5), []float64{1, 0, 1, 1, 0}); math.IsNaN(loss) || math.IsInf(loss, 0) || v[1] != 0 || v[4] != 0 {
			t.Errorf("rows that weigh nothing make a loss of %v and slopes of %v", loss, v)
		}
	}
}
