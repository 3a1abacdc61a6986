package bayes_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var all = []struct{ name, params string }{
	{"gaussian-nb", `{}`}, {"gaussian-nb", `{"var_smoothing": 0}`}, {"bernoulli-nb", `{"binarize": 4}`},
	{"multinomial-nb", `{}`}, {"multinomial-nb", `{"alpha": 0}`},
	{"qda-classifier", `{}`}, {"qda-classifier", `{"reg_param": 0.1}`},
}

// stored is the snapshot of a learner, which has all of its bits.
func stored(t *testing.T, m learner.Estimator) []byte {
	t.Helper()
	data, err := m.(learner.Snapshotter).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// However the rows are dealt out, sorted by class too so that parts lack some, the model has the bits of a fit.
func TestAnyCutGivesTheBitsOfAFit(t *testing.T) {
	for _, set := range []string{"iris", "digits"}[:repeat.Times(2, 1)] {
		train, _ := testdata.Load(t, set)
		weighted := train
		weighted.Weights = make([]float64, train.Len())
		for i := range weighted.Weights {
			weighted.Weights[i] = float64(i%4) / 3
		}
		for name, d := range map[string]learner.Dataset{set: train, set + ", weighted": weighted} {
			for _, tc := range all {
				t.Run(name+"/"+tc.name+tc.params, func(t *testing.T) {
					want := stored(t, fitted(t, tc.name, tc.params, d))
					for how, parts := range dealt(d) {
						e, err := registry.New(tc.name, []byte(tc.params), learner.Env{})
						if err != nil {
							t.Fatal(err)
						}
						m := e.(learner.Summable)
						var ps []learner.Part
						for _, rows := range parts {
							p, err := m.Part(context.Background(), d.Select(rows))
							if err != nil {
								t.Fatal(err)
							}
							ps = append(ps, p)
						}
						if err := learner.TrainOnParts(context.Background(), m, d.Schema, ps, nil); err != nil {
							t.Fatal(err)
						}
						if !bytes.Equal(stored(t, m), want) {
							t.Errorf("%s: other bits than those of a fit", how)
						}
					}
				})
			}
		}
	}
}

// dealt are ways to deal the rows of d out.
func dealt(d learner.Dataset) map[string][][]int {
	n := d.Len()
	ways := map[string][][]int{}
	for _, parts := range []int{1, 2, 3, 7, 32} {
		deal := make([][]int, parts)
		for i := range n {
			deal[i%parts] = append(deal[i%parts], i)
		}
		ways[fmt.Sprintf("%d parts", parts)] = deal
	}
	sorted := make([]int, n)
	for i := range sorted {
		sorted[i] = n - 1 - i
	}
	slices.SortStableFunc(sorted, func(a, b int) int { return int(d.Y[a] - d.Y[b]) })
	ways["sorted by class, unequal"] = [][]int{sorted[:1], sorted[1:7], sorted[7 : n/2], sorted[n/2:]}
	return ways
}

// A mean far from 0 costs the variance no digit.
func TestVarianceFarFromZero(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"a", "b"}},
		X:      mat.NewDense(4, 1, []float64{1e9, 1e9 + 2, 1e9 + 4, 1e9 + 8}), Y: []float64{0, 0, 1, 1},
	}
	// As in TestByHand, 1e9 to the right.
	got := proba(t, fitted(t, "gaussian-nb", `{"var_smoothing": 0}`, d), mat.NewDense(1, 1, []float64{1e9 + 3})).At(0, 1)
	a, b := math.Exp(-2), math.Exp(-9.0/8)/2
	if math.Abs(got-b/(a+b)) > 1e-15 {
		t.Errorf("got %v, want %v", got, b/(a+b))
	}
}

// States and sums that are not those of a training are refused, and the model is kept.
func TestStatesThatAreRefused(t *testing.T) {
	s := learner.Schema{Features: []string{"x"}, Classes: []learner.Label{"a", "b"}}
	for _, tc := range all {
		e, err := registry.New(tc.name, []byte(tc.params), learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		m := e.(learner.Summable)
		if _, err := m.Advance(context.Background(), s, nil, learner.NewSums(m.Shape(s, nil))); err == nil {
			t.Errorf("%s: sums of no rows pass", tc.name)
		}
		long := map[string]int{"gaussian-nb": 6, "qda-classifier": 8}[tc.name]
		if long == 0 {
			long = 4
		}
		for what, change := range map[string]func(state []float64) []float64{
			"too short":          func(state []float64) []float64 { return state[1:] },
			"not a number":       func(state []float64) []float64 { state[long-1] = math.NaN(); return state },
			"a negative class":   func(state []float64) []float64 { state[0] = -1; return state },
			"a negative count":   func(state []float64) []float64 { state[long-1] = -1; return state },
			"classes of no rows": func(state []float64) []float64 { state[0], state[1] = 0, 0; return state },
		} {
			if tc.name == "qda-classifier" && what == "a negative count" {
				continue // its last number may be negative
			}
			if err := m.SetState(s, change(slices.Repeat([]float64{1}, long))); err == nil {
				t.Errorf("%s: a state with %s passes", tc.name, what)
			}
		}
		if _, err := m.Predict(context.Background(), mat.NewDense(1, 1, nil)); !errors.Is(err, learner.ErrNotFitted) {
			t.Errorf("%s: %v after states that were refused", tc.name, err)
		}
		if err := m.SetState(s, slices.Repeat([]float64{1}, long)); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
