package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// upper is what is on and above the diagonal.
func upper(sums []float64, width int) (part []float64) {
	for i := range width {
		part = append(part, sums[i*width+i:(i+1)*width]...)
	}
	return part
}

func TestGramBothWays(t *testing.T) {
	bothWays(t, func(t *testing.T, rng *rand.Rand, n int) {
		t.Helper()
		for width := GramWidth; width <= 36; width += GramWidth {
			rows, got := normal(rng, n*width), normal(rng, width*width)
			want := slices.Clone(got)
			gramAVX2(got, rows, width)
			gramPlain(want, rows, width)
			if !sameBits(upper(got, width), upper(want, width)) {
				t.Fatalf("%d x %d: the sums differ from those of plain Go", n, width)
			}
		}
		row, scale, shift := normal(rng, n), normal(rng, n), normal(rng, n)
		got, want := make([]float64, n), make([]float64, n)
		scaleRowAVX2(got, row, scale, shift)
		scaleRowPlain(want, row, scale, shift)
		if !sameBits(got, want) {
			t.Fatalf("a row of %d: %v, plain Go says %v", n, got, want)
		}
	})
}

// TestGramByHand: whole numbers, whose sums are exact in any order.
func TestGramByHand(t *testing.T) {
	const n, width = 7, 24
	rng := rand.New(rand.NewPCG(1, 1))
	rows := make([]float64, n*width)
	for i := range rows {
		rows[i] = float64(rng.IntN(9) - 4)
	}
	want := make([]float64, width*width)
	for i := range width {
		for j := range width {
			want[i*width+j] = 3
			for r := range n {
				want[i*width+j] += rows[r*width+i] * rows[r*width+j]
			}
		}
	}
	got := slices.Repeat([]float64{3}, width*width)
	Gram(got, rows, width)
	if !slices.Equal(upper(got, width), upper(want, width)) {
		t.Errorf("got %v, want %v", got, want)
	}
	row := make([]float64, 5)
	ScaleRow(row, []float64{1, 2, 3, 4, 5}, []float64{2, 2, 2, 2, 0}, []float64{1, 1, 1, 1, 1})
	if !slices.Equal(row, []float64{1, 3, 5, 7, -1}) {
		t.Errorf("a scaled row is %v", row)
	}
}
