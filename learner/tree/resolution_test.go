package tree

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
)

func TestCells(t *testing.T) {
	for _, tt := range []struct {
		a, b  float64
		merge bool
	}{
		{5, 5 + 1e-12, true}, {5 - 1e-12, 5 + 1e-12, true}, {-5 - 1e-12, -5 + 1e-12, true}, {0.1, 0.1 + 1e-9, true}, {1e200, 1e200 * (1 + 1e-12), true},
		{1, 1 + 1.0/(1<<23), false}, {1, 1 - 1.0/(1<<24), false}, {16777216, 16777218, false}, {-1, 1, false}, {0, 1e-12, false}, {0, -1e-300, false},
		{math.MaxFloat64, -math.MaxFloat64, false}, {math.NaN(), 1, false}, {math.NaN(), math.NaN(), false}, {0, math.Copysign(0, -1), true}, {7, 7, true},
	} {
		if got := Float32.cells().merge(tt.a, tt.b); got != tt.merge || Float32.cells().merge(tt.b, tt.a) != got {
			t.Errorf("%v and %v: merged is %t, want %t", tt.a, tt.b, got, tt.merge)
		}
		if got := Exact.cells().merge(tt.a, tt.b); got != (tt.a == tt.b) {
			t.Errorf("exactly, %v and %v: merged is %t", tt.a, tt.b, got)
		}
	}
	rnd := learner.NewRand(1)
	for range 2000 { // in the range of a float32, a cell is what a float32 holds
		a := rnd.NormFloat64() * math.Ldexp(1, rnd.IntN(60)-30)
		b := a * (1 + rnd.NormFloat64()*1e-7)
		if got, want := Float32.cells().merge(a, b), float32(a) == float32(b); got != want {
			t.Fatalf("%v and %v: merged is %t, want %t", a, b, got, want)
		}
	}
}

// blurred adds noise near the last digits of a float64 to some values of each column.
func blurred(rnd *rand.Rand, d learner.Dataset) learner.Dataset {
	out := d
	out.X = mat.DenseCopyOf(d.X)
	out.X.Apply(func(_, _ int, v float64) float64 { return v * (1 + 1e-12*rnd.NormFloat64()) }, d.X)
	return out
}

// A tree over blurred values groups the rows as one over the values themselves, whatever the way it is
// grown: its answers for the training rows have the same bits.
func TestBlurredValuesAreOne(t *testing.T) {
	for _, task := range []learner.Task{learner.Classification, learner.Regression} {
		t.Run(string(task), func(t *testing.T) {
			for seed := range uint64(40) {
				rnd := learner.NewRand(seed)
				d, g := mixedSet(rnd, task, 20+rnd.IntN(200)), mixedGrowth(rnd, task)
				g.RandomThresholds = false
				d.X.Apply(func(_, _ int, v float64) float64 { return float64(float32(v)) }, d.X)
				noisy := blurred(rnd, d)
				want := grown1(t, d, g, 1, measured)
				for how, tuning := range hows {
					table, err := newTable(noisy, Float32)
					if err != nil {
						t.Fatal(err)
					}
					table.tuning = tuning
					if err := table.prepare(t.Context(), 2); err != nil {
						t.Fatal(err)
					}
					got, err := table.Grow(t.Context(), g)
					if err != nil {
						t.Fatal(err)
					}
					if got.Leaves() != want.Leaves() {
						t.Fatalf("seed %d, %s, %+v: %d leaves, want %d", seed, how, g, got.Leaves(), want.Leaves())
					}
					for i := range d.Len() {
						a, b := got.Values(got.Find(noisy.X.RawRowView(i))), want.Values(want.Find(d.X.RawRowView(i)))
						if fmt.Sprintf("%x", a) != fmt.Sprintf("%x", b) {
							t.Fatalf("seed %d, %s, row %d, %+v: %v, want %v", seed, how, i, g, a, b)
						}
					}
				}
			}
		})
	}
}

// A column that repeats another but for noise of 1e-12 breaks its ties: an exact tree learns the noise
// of the labels by it. The score on other rows says so.
func TestNoisyDuplicatesDoNotOverfit(t *testing.T) {
	drawn := func(stream uint64) learner.Dataset {
		rnd := learner.NewRand(stream)
		d := learner.Dataset{Schema: learner.Schema{Classes: []learner.Label{"a", "b"}}, X: mat.NewDense(600, 4, nil), Y: make([]float64, 600)}
		for i := range d.Y {
			for j := range 2 {
				v := float64(1 + rnd.IntN(6))
				d.X.Set(i, j, v)
				d.X.Set(i, 2+j, v*(1+1e-12*rnd.NormFloat64()))
			}
			if d.X.At(i, 0)+d.X.At(i, 1) > 7 != (rnd.IntN(4) == 0) { // a quarter of the labels is wrong
				d.Y[i] = 1
			}
		}
		return d
	}
	train, test := drawn(1), drawn(2)
	score := func(resolution string) float64 {
		m, err := NewClassifier(ClassifierParams{Criterion: "gini", FeatureResolution: resolution}, learner.Env{Seed: 1, Procs: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(t.Context(), train); err != nil {
			t.Fatal(err)
		}
		y, err := m.Predict(t.Context(), test.X)
		if err != nil {
			t.Fatal(err)
		}
		right := 0.0
		for i, v := range y {
			if v == test.Y[i] {
				right++
			}
		}
		return right / float64(len(y))
	}
	merged, exact := score("float32"), score("exact")
	t.Logf("float32 %.3f, exact %.3f", merged, exact)
	if merged < exact+0.05 {
		t.Errorf("float32 scores %.3f, exact %.3f: want it clearly better", merged, exact)
	}
}

// The values of the well-known sets differ as float32: their trees have the same bits.
func TestRealSetsAreToldApart(t *testing.T) {
	for _, set := range []string{"iris", "wine", "breast_cancer", "diabetes", "digits"} {
		train, _ := testdata.Load(t, set)
		var trees [2][]byte
		for i, r := range []Resolution{Float32, Exact} {
			table, err := Prepare(t.Context(), train, r, 1)
			if err != nil {
				t.Fatal(err)
			}
			tree, err := table.Grow(t.Context(), Growth{})
			if err != nil {
				t.Fatal(err)
			}
			trees[i] = encoded(tree)
		}
		if !bytes.Equal(trees[0], trees[1]) {
			t.Errorf("%s: another tree with %s than with %s", set, Float32, Exact)
		}
	}
}
