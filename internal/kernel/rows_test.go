package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
)

func TestRowsBothWays(t *testing.T) {
	bothWays(t, func(t *testing.T, rng *rand.Rand, rows int) {
		t.Helper()
		for cols := range 14 {
			x, coef, factors := random(rng, rows, cols), normal(rng, cols), normal(rng, rows)
			got, want := make([]float64, rows), make([]float64, rows)
			dotsAVX2(got, x, coef, 0.3)
			dotsPlain(want, x, coef, 0.3)
			if !sameBits(got, want) {
				t.Fatalf("%d x %d: products %v, plain Go says %v", rows, cols, got, want)
			}
			got, want = slices.Clone(coef), slices.Clone(coef)
			addRowsAVX2(got, x, factors)
			addRowsPlain(want, x, factors)
			if !sameBits(got, want) {
				t.Fatalf("%d x %d: sums %v, plain Go says %v", rows, cols, got, want)
			}
		}
	})
}

func TestBoundsBothWays(t *testing.T) {
	bothWays(t, func(t *testing.T, rng *rand.Rand, rows int) {
		t.Helper()
		for cols := range 14 {
			x := random(rng, rows, cols)
			low, high := normal(rng, cols), normal(rng, cols)
			low2, high2 := slices.Clone(low), slices.Clone(high)
			boundsAVX2(low, high, x)
			boundsPlain(low2, high2, x)
			if !sameBits(low, low2) || !sameBits(high, high2) {
				t.Fatalf("%d x %d: %v and %v, plain Go says %v and %v", rows, cols, low, high, low2, high2)
			}
		}
	})
}

func TestSquaresBothWays(t *testing.T) {
	bothWays(t, func(t *testing.T, rng *rand.Rand, rows int) {
		t.Helper()
		for cols := range 14 {
			x, shift, scale, got := random(rng, rows, cols), normal(rng, cols), normal(rng, cols), normal(rng, cols)
			want := slices.Clone(got)
			addSquaresAVX2(got, x, shift, scale)
			addSquaresPlain(want, x, shift, scale)
			if !sameBits(got, want) {
				t.Fatalf("%d x %d: %v, plain Go says %v", rows, cols, got, want)
			}
		}
	})
}

// TestSquaresByHand: 2 (1-0), 2 (5-0) and 3 (2-1), 3 (3-1).
func TestSquaresByHand(t *testing.T) {
	got := []float64{1, 0}
	AddSquares(got, blas64.General{Rows: 2, Cols: 2, Stride: 2, Data: []float64{1, 2, 5, 3}}, []float64{0, 1}, []float64{2, 3})
	if !slices.Equal(got, []float64{105, 45}) {
		t.Errorf("the squares add up to %v", got)
	}
}

func TestBounds(t *testing.T) {
	x := blas64.General{Rows: 5, Cols: 5, Stride: 5, Data: make([]float64, 25)}
	for i := range x.Data {
		x.Data[i] = float64(i * 7 % 25)
	}
	low, high := []float64{99, 99, 99, 99, -1}, []float64{-9, -9, -9, -9, 99}
	Bounds(low, high, x)
	if !slices.Equal(low, []float64{0, 2, 4, 1, -1}) || !slices.Equal(high, []float64{20, 22, 24, 21, 99}) {
		t.Errorf("from %v to %v", low, high)
	}
}

// TestRowsByHand: the truth is a sum in one order, of whole numbers.
func TestRowsByHand(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		rows, cols := rng.IntN(20), rng.IntN(20)
		x := random(rng, rows, cols)
		for i := range x.Data {
			x.Data[i] = float64(rng.IntN(100) - 50)
		}
		coef, factors := make([]float64, cols), make([]float64, rows)
		for j := range coef {
			coef[j] = float64(rng.IntN(100))
		}
		for i := range factors {
			factors[i] = float64(rng.IntN(100))
		}
		dots, sums, into := make([]float64, rows), slices.Clone(coef), slices.Clone(coef)
		for i := range rows {
			dots[i] = 7
			for j := range cols {
				dots[i] += x.Data[i*x.Stride+j] * coef[j]
				sums[j] += x.Data[i*x.Stride+j] * factors[i]
			}
		}
		got := make([]float64, rows)
		Dots(got, x, coef, 7)
		AddRows(into, x, factors)
		if !slices.Equal(got, dots) || !slices.Equal(into, sums) {
			t.Fatalf("%d x %d: %v and %v, want %v and %v", rows, cols, got, into, dots, sums)
		}
	}
}

// TestRowsWithValuesThatAreNotFinite: they stay in their row and column.
func TestRowsWithValuesThatAreNotFinite(t *testing.T) {
	x := random(rand.New(rand.NewPCG(7, 8)), 9, 6)
	x.Data[4*x.Stride+5] = math.NaN()
	dots, sums := make([]float64, 9), make([]float64, 6)
	Dots(dots, x, []float64{1, 1, 1, 1, 1, 1}, 0)
	AddRows(sums, x, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1})
	for i, v := range dots {
		if math.IsNaN(v) != (i == 4) {
			t.Errorf("the product of row %d is %v", i, v)
		}
	}
	for j, v := range sums {
		if math.IsNaN(v) != (j == 5) {
			t.Errorf("the sum of column %d is %v", j, v)
		}
	}
}
