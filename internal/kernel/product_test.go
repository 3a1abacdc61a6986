package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// tilings are those that this processor can run.
func tilings() map[string]tiling {
	all := map[string]tiling{"portable": portable()}
	if k := fastest(); k.mr != all["portable"].mr {
		all["vector"] = k
	}
	return all
}

// random is a rows x cols matrix whose rows are apart, with NaN between them.
func random(rng *rand.Rand, rows, cols int) blas64.General {
	stride := cols + 3
	m := blas64.General{Rows: rows, Cols: cols, Stride: stride, Data: make([]float64, rows*stride)}
	for i := range m.Data {
		m.Data[i] = math.NaN()
		if i%stride < cols {
			m.Data[i] = rng.NormFloat64()
		}
	}
	return m
}

func clone(m blas64.General) blas64.General {
	m.Data = slices.Clone(m.Data)
	return m
}

func transposed(m blas64.General) blas64.General {
	t := blas64.General{Rows: m.Cols, Cols: m.Rows, Stride: m.Rows, Data: make([]float64, m.Cols*m.Rows)}
	for i := range m.Rows {
		for j := range m.Cols {
			t.Data[j*t.Stride+i] = m.Data[i*m.Stride+j]
		}
	}
	return t
}

// factors are m x k and k x n, each stored as it is or transposed.
func factors(rng *rand.Rand, m, n, k int, transA, transB bool) (a, b Factor) {
	a, b = Of(random(rng, m, k)), Of(random(rng, k, n))
	if transA {
		a = T(transposed(a.General))
	}
	if transB {
		b = T(transposed(b.General))
	}
	return a, b
}

func flag(trans bool) blas.Transpose {
	if trans {
		return blas.Trans
	}
	return blas.NoTrans
}

// The shapes lie on both sides of every edge: of the tiles (2, 4, 12), of the
// blocks (128, 256, 480), of being worth a thread.
var shapes = [][3]int{
	{1, 1, 1},
	{2, 4, 3},
	{4, 12, 2},
	{5, 13, 7},
	{3, 11, 1},
	{8, 24, 256},
	{9, 25, 257},
	{129, 37, 20},
	{130, 150, 513},
	{6, 481, 300},
	{1, 500, 784},
	{260, 130, 40},
	{131, 1, 900},
}

func TestMulIsGonums(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, tiling := range tilings() {
		for _, s := range shapes {
			m, n, k := s[0], s[1], s[2]
			for variant := range 8 {
				transA, transB, add := variant&1 != 0, variant&2 != 0, variant&4 != 0
				for _, procs := range []int{1, 3} {
					t.Run(fmt.Sprintf("%s/%dx%dx%d/transA=%v,transB=%v,add=%v/procs=%d", name, m, n, k, transA, transB, add, procs), func(t *testing.T) {
						a, b := factors(rng, m, n, k, transA, transB)
						got := random(rng, m, n)
						want := clone(got)
						beta := 0.0
						if add {
							beta = 1
						}
						blas64.Gemm(flag(transA), flag(transB), 1, a.General, b.General, beta, want)
						newWorkspace(procs, tiling).Mul(got, a, b, add)
						for i := range got.Data {
							g, w := got.Data[i], want.Data[i]
							if i%got.Stride >= n {
								if !math.IsNaN(g) {
									t.Fatalf("value %d, between the rows, was written to", i)
								}
								continue
							}
							// Sums of k products of about 1 in another order.
							if math.Abs(g-w) > 1e-14*float64(k+10) {
								t.Fatalf("element %d, %d is %v, want %v", i/got.Stride, i%got.Stride, g, w)
							}
						}
					})
				}
			}
		}
	}
}

// TestPackIsThePlainOne: this processor's tiling packs what plain Go packs.
func TestPackIsThePlainOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	fast, plain := fastest(), fastest()
	plain.lay, plain.weave = lay, weaveFour
	for _, width := range []int{fast.mr, fast.nr} {
		for _, byRows := range []bool{false, true} {
			for count := 1; count <= 3*width+1; count++ {
				for depth := 1; depth <= 9; depth++ {
					f := Of(random(rng, depth+5, count+5))
					if byRows {
						f = Of(random(rng, count+5, depth+5))
					}
					got := pack(nil, f, byRows, 2, 2+count, 3, 3+depth, width, fast)
					want := pack(nil, f, byRows, 2, 2+count, 3, 3+depth, width, plain)
					if !slices.Equal(got, want) {
						t.Fatalf("%d values, %d deep, in panels of %d, by rows %v: %v, want %v", count, depth, width, byRows, got, want)
					}
				}
			}
		}
	}
}

// TestBitsAreOneSum pins down which sum an element is: products added in
// ascending order within a block, blocks added in ascending order.
func TestBitsAreOneSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	a, b := factors(rng, 7, 15, 600, false, false)
	start := random(rng, 7, 15)
	for name, k := range tilings() {
		t.Run(name, func(t *testing.T) {
			got := clone(start)
			newWorkspace(1, k).Mul(got, a, b, true)
			for i := range 7 {
				for j := range 15 {
					want := start.Data[i*start.Stride+j]
					for block := range 3 {
						var sum float64
						for x := 200 * block; x < 200*(block+1); x++ {
							p, q := a.Data[i*a.Stride+x], b.Data[x*b.Stride+j]
							sum = math.FMA(p, q, sum)
						}
						want += sum
					}
					if g := got.Data[i*got.Stride+j]; g != want {
						t.Fatalf("element %d, %d is %v, want %v", i, j, g, want)
					}
				}
			}
		})
	}
}

// TestBitsDoNotDependOnTheRest: neither on the other rows and columns nor on
// the threads.
func TestBitsDoNotDependOnTheRest(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const m, n, inner = 141, 155, 300
	for name, k := range tilings() {
		for variant := range 4 {
			transA, transB := variant&1 != 0, variant&2 != 0
			t.Run(fmt.Sprintf("%s/transA=%v,transB=%v", name, transA, transB), func(t *testing.T) {
				a, b := factors(rng, m, n, inner, transA, transB)
				whole := random(rng, m, n)
				newWorkspace(1, k).Mul(whole, a, b, false)
				for procs := 2; procs <= 7; procs++ {
					threaded := random(rng, m, n)
					newWorkspace(procs, k).Mul(threaded, a, b, false)
					for i := range m {
						if !slices.Equal(row(whole, i), row(threaded, i)) {
							t.Fatalf("row %d is another with %d threads", i, procs)
						}
					}
				}
				work := newWorkspace(2, k)
				for range 40 {
					top, left := rng.IntN(m), rng.IntN(n)
					rows, cols := 1+rng.IntN(m-top), 1+rng.IntN(n-left)
					part := random(rng, rows, cols)
					work.Mul(part, slice(a, top, rows, false), slice(b, left, cols, true), false)
					for i := range rows {
						if !slices.Equal(row(whole, top+i)[left:left+cols], row(part, i)) {
							t.Fatalf("row %d of %d x %d computed from (%d, %d) on is another", i, rows, cols, top, left)
						}
					}
				}
			})
		}
	}
}

func row(m blas64.General, i int) []float64 { return m.Data[i*m.Stride : i*m.Stride+m.Cols] }

// slice is count rows (or columns) of the factor from the given one on.
func slice(f Factor, from, count int, columns bool) Factor {
	if columns != f.Trans {
		f.Data, f.Cols = f.Data[from:], count
	} else {
		f.Data, f.Rows = f.Data[from*f.Stride:], count
	}
	return f
}

func TestNothingToMultiply(t *testing.T) {
	empty := blas64.General{Stride: 1}
	w := NewWorkspace(0)
	w.Mul(empty, Of(empty), Of(empty), false)
	rng := rand.New(rand.NewPCG(7, 8))
	dst := random(rng, 2, 3)
	before := clone(dst)
	none := Of(blas64.General{Rows: 2, Stride: 1})
	w.Mul(dst, none, T(blas64.General{Rows: 3, Stride: 1}), true)
	if !slices.Equal(row(dst, 1), row(before, 1)) {
		t.Errorf("adding a product over nothing changed %v to %v", row(before, 1), row(dst, 1))
	}
	w.Mul(dst, none, T(blas64.General{Rows: 3, Stride: 1}), false)
	if !slices.Equal(row(dst, 1), make([]float64, 3)) {
		t.Errorf("a product over nothing is %v, want zeros", row(dst, 1))
	}
}

func TestMulRefusesShapes(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, tc := range []struct {
		name      string
		dst, a, b [2]int
	}{
		{"inner dimensions differ", [2]int{2, 3}, [2]int{2, 4}, [2]int{5, 3}},
		{"too few rows", [2]int{1, 3}, [2]int{2, 4}, [2]int{4, 3}},
		{"too many columns", [2]int{2, 4}, [2]int{2, 4}, [2]int{4, 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			NewWorkspace(1).Mul(random(rng, tc.dst[0], tc.dst[1]), Of(random(rng, tc.a[0], tc.a[1])), Of(random(rng, tc.b[0], tc.b[1])), false)
		})
	}
}

func BenchmarkMul(b *testing.B) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, s := range []struct {
		name           string
		m, n, k        int
		transA, transB bool
	}{
		{"forward 128x256x784", 128, 256, 784, false, false},
		{"weights 784x256x128", 784, 256, 128, true, false},
		{"input 128x784x256", 128, 784, 256, false, true},
		{"square 512", 512, 512, 512, false, false},
		{"digits 128x64x64", 128, 64, 64, false, false},
	} {
		x, y := factors(rng, s.m, s.n, s.k, s.transA, s.transB)
		dst := random(rng, s.m, s.n)
		flops := 2 * float64(s.m) * float64(s.n) * float64(s.k)
		run := func(name string, f func()) {
			b.Run(s.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(flops*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
		for name, k := range tilings() {
			for _, procs := range []int{1, 2} {
				w := newWorkspace(procs, k)
				run(fmt.Sprintf("%s/procs=%d", name, procs), func() { w.Mul(dst, x, y, false) })
			}
		}
		run("gonum", func() { blas64.Gemm(flag(s.transA), flag(s.transB), 1, x.General, y.General, 0, dst) })
	}
}
