package sgd

import (
	"context"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
)

func TestHold(t *testing.T) {
	for _, tc := range []struct {
		name     string
		perClass []int // rows of each class; one entry for regression
		fraction float64
		held     []int // of each class
	}{
		{"each class its share", []int{60, 30, 10}, 0.1, []int{6, 3, 1}},
		{"never a class's last row", []int{8, 1}, 0.9, []int{7, 0}},
		{"at least one row", []int{3, 4}, 0.1, []int{0, 1}},
		{"no row to spare", []int{1, 1}, 0.5, []int{0, 0}},
		{"regression", []int{20}, 0.25, []int{5}},
		{"regression on one row", []int{1}, 0.25, []int{0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var d learner.Dataset
			for c, n := range tc.perClass {
				if len(tc.perClass) > 1 {
					d.Classes = append(d.Classes, learner.NumberLabel(float64(c)))
				}
				for range n {
					d.Y = append(d.Y, float64(c))
				}
			}
			var rows []int
			for i := range d.Y {
				rows = append(rows, i)
			}
			rest, held := hold(d, rows, tc.fraction, 1)
			got := make([]int, len(tc.perClass))
			for _, i := range held {
				got[int(d.Y[i])]++
			}
			if !slices.Equal(got, tc.held) {
				t.Errorf("held back %v of each class, want %v", got, tc.held)
			}
			if !slices.IsSorted(rest) {
				t.Error("the rest is not in order")
			}
			all := slices.Concat(rest, held)
			slices.Sort(all)
			if !slices.Equal(all, rows) {
				t.Error("the parts are not the whole")
			}
		})
	}
}

func TestProgress(t *testing.T) {
	for _, tc := range []struct {
		name       string
		start      float64
		objectives []float64
		over       bool
		grown      bool
		held       bool
		oneStep    bool
	}{
		{"falling", 1, []float64{0.9, 0.8, 0.7, 0.6}, false, false, false, false},
		{"falling by too little", 1, []float64{0.9, 0.895, 0.892, 0.8919}, true, false, false, false},
		{"by little each, by enough together", 1, []float64{0.9, 0.895, 0.885, 0.88}, false, false, false, false},
		{"up and down", 1, []float64{0.5, 0.6, 0.55, 0.7}, true, false, false, false},
		{"worse than in the beginning", 1, []float64{0.9, 1.1, 1.2, 1.3}, false, false, false, false},
		{"far worse", 1, []float64{0.9, 20, 50, 101}, false, true, false, false},
		{"the perceptron's loss begins at 0", 0, []float64{0.5, 0.499, 0.498, 0.4975}, true, false, false, false},
		{"nothing left to lose", 0, []float64{0, 0, 0, 0}, true, false, false, false},
		{"long first steps", 0.7, []float64{50, 0.6, 0.5, 0.4}, false, false, false, false},
		{"worse than in the beginning for rows held back", 1, []float64{0.9, 1.1, 1.2, 1.3}, true, false, true, false},
		{"a perceptron's first epoch of one step", 0, []float64{1e-5, 0.5, 0.499, 0.498, 0.4975}, true, false, false, true},
		{"the same, falling", 0, []float64{1e-5, 0.5, 0.4, 0.3, 0.2}, false, false, false, true},
		{"the same, with nothing left to lose", 0, []float64{1e-5, 1e-5, 1e-5, 1e-5}, true, false, false, true},
		{"the same, growing", 0, []float64{1e-5, 0.5, 50, 101}, false, true, false, true},
		{"a perceptron's small first epoch", 0, []float64{1e-5, 0.5, 0.4, 0.3}, false, false, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := progress{start: tc.start, tol: 0.01, patience: 3, held: tc.held, oneStep: tc.oneStep}
			for _, o := range tc.objectives {
				p.add(o)
			}
			if p.over() != tc.over || p.grown() != tc.grown {
				t.Errorf("over %t, grown %t; want %t, %t", p.over(), p.grown(), tc.over, tc.grown)
			}
		})
	}
}

// Three classes on a circle, their middle in no one's reach: there all three
// scores are below that of a fourth class that has no rows.
func TestSilence(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Features: []string{"x", "y"}, Classes: []learner.Label{"0", "1", "2", "3"}},
		X:      mat.NewDense(4, 2, []float64{3, 0, -2, 3, -2, -3, 0, 0}), Y: []float64{0, 2, 3, 3},
	}
	f := newFunctions(4, 2, true)
	copy(f.params, []float64{
		1, 0, 0, 0, -1, 1, -1, -1, // coefficients
		-2, -1, -2, -2, // intercepts; class 1 is absent
	})
	of := []float64{1, 0, 1, 2}
	l := loss.OneVsRest{Loss: loss.Hinge{}, Classes: 4}
	classes := func() (all []int) {
		if err := f.each(d.X, func(_ int, scores []float64) error {
			all = append(all, l.Class(scores))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := classes(); got[3] != 1 {
		t.Fatalf("classes %v: the middle should go to the class without rows", got)
	}
	if err := f.silence(context.Background(), d, of); err != nil {
		t.Fatal(err)
	}
	if got := classes(); !slices.Equal(got, []int{0, 2, 3, 0}) {
		t.Errorf("classes %v", got)
	}
	if f.intercepts()[1] != -3 {
		t.Errorf("the intercept of the class without rows is %v, want 1 below the others", f.intercepts()[1])
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.silence(ctx, d, of); err == nil {
		t.Error("a cancelled context: no error")
	}
}
