package boosting

import (
	"math"
	"testing"

	"github.com/gochimera/chimera/learner"
)

// TestFinders: both ways to find where a number counts find the same, for cells of any length.
func TestFinders(t *testing.T) {
	rnd := learner.NewRand(5)
	numbers := make([]float64, 2000)
	for i := range numbers {
		numbers[i] = math.Floor(100*rnd.NormFloat64()) / 8
	}
	numbers[0], numbers[1] = math.NaN(), math.Copysign(0, -1)
	c := firstCells()
	for rounds := 0; c.opened() > 0; rounds++ {
		f := newFinder(&c)
		counts := make([]int64, c.counts())
		for _, v := range numbers {
			at := f.find(v)
			if got := c.find(v); got != at {
				t.Fatalf("round %d: %v counts at %d by cells, at %d by tables", rounds, v, got, at)
			}
			if at >= 0 {
				counts[at]++
			}
		}
		if counts[0] != 1 {
			t.Fatalf("%d numbers are missing, want 1", counts[0])
		}
		c = c.refine(counts[1:], 16)
	}
	if len(c.cells) < 100 {
		t.Errorf("only %d cells", len(c.cells))
	}
}
