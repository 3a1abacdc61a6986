package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSingle holds products in single precision to those in double: each factor
// is rounded once, and so is each of at most 256 sums of a block, relative to
// the sum of the absolute values.
func TestSingle(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		for variant := range variants(s) {
			transA, transB, add := variant&1 != 0, variant&2 != 0, variant&4 != 0
			t.Run(fmt.Sprintf("%dx%dx%d/transA=%v,transB=%v,add=%v", m, n, k, transA, transB, add), func(t *testing.T) {
				a, b := factors(rng, m, n, k, transA, transB)
				got := random(rng, m, n)
				want, bound := clone(got), clone(got)
				NewWorkspace(2).MulSingle(got, a, b, add)
				w := NewWorkspace(1)
				w.Mul(want, a, b, add)
				w.Mul(bound, absolute(a), absolute(b), false)
				for i := range m {
					for j, g := range row(got, i) {
						limit := float64(min(k, innerBlock)+2)*0x1p-24*row(bound, i)[j] + 1e-15
						if w := row(want, i)[j]; math.Abs(g-w) > limit {
							t.Fatalf("element %d, %d is %v, want %v to %v", i, j, g, w, limit)
						}
					}
				}
				for i, v := range got.Data {
					if i%got.Stride >= n && !math.IsNaN(v) {
						t.Fatalf("value %d, between the rows, was written to", i)
					}
				}
			})
		}
	}
}

// variants are how many ways of storing the factors are tried: plain Go takes
// its time in single precision.
func variants(shape [3]int) int {
	if shape[0]*shape[1]*shape[2] > 1<<20 {
		return 2
	}
	return 8
}

func absolute(f Factor) Factor {
	f.General = clone(f.General)
	for i, v := range f.Data {
		f.Data[i] = math.Abs(v)
	}
	return f
}

func TestSingleBothWays(t *testing.T) {
	if !avx2() {
		t.Skip("this processor runs plain Go: there is nothing to compare it with")
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, s := range shapes {
		for variant := range variants(s) {
			a, b := factors(rng, s[0], s[1], s[2], variant&1 != 0, variant&2 != 0)
			for i := range a.Data { // sizes of all kinds, and sums that nearly vanish
				a.Data[i] *= math.Ldexp(1, rng.IntN(60)-30)
			}
			got, want := random(rng, s[0], s[1]), random(rng, s[0], s[1])
			copy(want.Data, got.Data)
			add := variant&4 != 0
			newWorkspace(3, portable()).mulSingle(singlesAVX2(), got, a, b, add)
			newWorkspace(1, portable()).mulSingle(plainSingles(), want, a, b, add)
			for i := range got.Rows {
				if !sameBits(row(got, i), row(want, i)) {
					t.Fatalf("%v, variant %d: row %d is another in plain Go", s, variant, i)
				}
			}
		}
	}
}

// TestSingleDoesNotDependOnTheRest: neither on the other rows and columns nor on
// the threads.
func TestSingleDoesNotDependOnTheRest(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const m, n, inner = 61, 75, 300
	for variant := range 4 {
		a, b := factors(rng, m, n, inner, variant&1 != 0, variant&2 != 0)
		whole := random(rng, m, n)
		NewWorkspace(1).MulSingle(whole, a, b, false)
		team := NewTeam(3)
		work := NewWorkspace(3)
		work.Team = team
		threaded := random(rng, m, n)
		work.MulSingle(threaded, a, b, false)
		for i := range m {
			if !slices.Equal(row(whole, i), row(threaded, i)) {
				t.Fatalf("variant %d: row %d is another with 3 threads", variant, i)
			}
		}
		for range 20 {
			top, left := rng.IntN(m), rng.IntN(n)
			rows, cols := 1+rng.IntN(m-top), 1+rng.IntN(n-left)
			part := random(rng, rows, cols)
			work.MulSingle(part, slice(a, top, rows, false), slice(b, left, cols, true), false)
			for i := range rows {
				if !slices.Equal(row(whole, top+i)[left:left+cols], row(part, i)) {
					t.Fatalf("variant %d: row %d of %d x %d computed from (%d, %d) on is another", variant, i, rows, cols, top, left)
				}
			}
		}
		team.End()
	}
}

// TestFMA32 compares with sums of any precision, which are rounded once, where
// rounding twice goes wrong: near the middle between two values of float32.
func TestFMA32(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	check := func(x, y, z float32) {
		t.Helper()
		sum := new(big.Float).SetPrec(2000).Mul(big.NewFloat(float64(x)), big.NewFloat(float64(y)))
		want, _ := sum.SetPrec(2000).Add(sum, new(big.Float).SetPrec(2000).SetFloat64(float64(z))).Float32()
		if got := fma32(x, y, z); got != want {
			t.Fatalf("%x * %x + %x is %x, want %x", x, y, z, got, want)
		}
	}
	twice := 0
	for range 200_000 {
		x, y := float32(rng.NormFloat64()), float32(rng.NormFloat64())
		z := float32(math.Ldexp(rng.NormFloat64(), rng.IntN(100)-50))
		if rng.IntN(2) == 0 { // a product of half of z's last place, or nearly: by 2^-46 of itself
			half := math.Ldexp(1, rng.IntN(60)-60)
			x, y = float32(1+math.Ldexp(float64(rng.IntN(3)-1), -23)), float32(half*(1+math.Ldexp(float64(rng.IntN(3)-1), -23)))
			z = float32(math.Ldexp(half, 24)) * (1 + float32(rng.IntN(1<<22))*0x1p-23)
		}
		if float32(float64(x)*float64(y)+float64(z)) != fma32(x, y, z) {
			twice++
		}
		check(x, y, z)
	}
	if twice == 0 {
		t.Error("no case was tried where rounding twice is wrong")
	}
	check(math.SmallestNonzeroFloat32, 0.5, math.SmallestNonzeroFloat32)
	check(math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat32)
	check(1, -1, 1)
	if got := fma32(math.MaxFloat32, 2, 0); !math.IsInf(float64(got), 1) {
		t.Errorf("an overflow is %v", got)
	}
	if got := fma32(float32(math.Inf(1)), 0, 1); got == got {
		t.Errorf("infinity times 0 is %v", got)
	}
}
