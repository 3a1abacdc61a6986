package shapes

import (
	"math"
	"testing"

	"github.com/gochimera/chimera/learner"
)

func distinct(d learner.Dataset, column int) int {
	seen := map[float64]bool{}
	for i := range d.Len() {
		seen[d.X.At(i, column)] = true
	}
	return len(seen)
}

func TestDiabetes(t *testing.T) {
	d := Diabetes(1)
	if err := learner.CheckFit(d, learner.Classification, learner.Traits{}); err != nil {
		t.Fatal(err)
	}
	if rows, cols := d.X.Dims(); rows != DiabetesRows || cols != DiabetesColumns {
		t.Fatalf("%d x %d", rows, cols)
	}
	binary := 0
	for j := range DiabetesColumns {
		n := distinct(d, j)
		if n == 2 {
			binary++
		}
		if n < 2 || n > 100 {
			t.Errorf("column %s has %d distinct values", d.Features[j], n)
		}
	}
	if binary != 14 {
		t.Errorf("%d columns of two values, want 14", binary)
	}
	ones := 0.0
	for _, y := range d.Y {
		ones += y
	}
	if share := ones / DiabetesRows; math.Abs(share-0.137) > 0.002 {
		t.Errorf("%.4f of the rows are positive, want 0.137", share)
	}
}

func TestHeart(t *testing.T) {
	d := Heart(1)
	if err := learner.CheckFit(d, learner.Regression, learner.Traits{}); err != nil {
		t.Fatal(err)
	}
	if rows, cols := d.X.Dims(); rows != HeartRows || cols != HeartColumns {
		t.Fatalf("%d x %d", rows, cols)
	}
	if n := distinct(d, 17); n != HeartRows {
		t.Errorf("column 17 has %d distinct values", n)
	}
}

func TestSameSeedSameData(t *testing.T) {
	a, b, c := Diabetes(3), Diabetes(3), Diabetes(4)
	differ := 0
	for i := range 1000 {
		for j := range DiabetesColumns {
			if a.X.At(i, j) != b.X.At(i, j) {
				t.Fatalf("row %d, column %d differs", i, j)
			}
			if a.X.At(i, j) != c.X.At(i, j) {
				differ++
			}
		}
	}
	if differ == 0 {
		t.Error("another seed gave the same data")
	}
}
