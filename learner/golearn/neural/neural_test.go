package neural_test

import (
	"context"
	"encoding"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/neural"
	"github.com/gochimera/chimera/learner/learnertest"
)

func TestConformance(t *testing.T) {
	for name, params := range map[string]string{
		"one hidden layer": `{"hidden_layer_sizes": [5], "max_iter": 25}`,
		"none":             `{"hidden_layer_sizes": [], "max_iter": 15}`,
	} {
		t.Run(name, func(t *testing.T) {
			learnertest.Run(t, "golearn-neural-classifier", learnertest.WithParams(params), learnertest.WithRows(40)) // slow
		})
	}
}

func fit(t *testing.T, p neural.Params, d learner.Dataset) *neural.Classifier {
	t.Helper()
	m, err := neural.New(p, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

// Initial weights come from the global generator, so the bounds leave room: 37
// of 38 and 44 or 45 of 45 rows were seen in 40 runs each.
func TestScore(t *testing.T) {
	for _, tc := range []struct {
		name, set string
		hidden    []int
		least     int
	}{
		{"iris", "iris", []int{10}, 35}, {"wine", "wine", []int{10}, 43}, {"wine, two hidden layers", "wine", []int{8, 6}, 41},
	} {
		t.Run(tc.name, func(t *testing.T) {
			train, test := testdata.Load(t, tc.set)
			m := fit(t, neural.Params{HiddenLayerSizes: tc.hidden, LearningRateInit: 0.1, MaxIter: 80}, train)
			predicted, err := m.Predict(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			right := 0
			for i, class := range predicted {
				if class == test.Y[i] {
					right++
				}
			}
			if right < tc.least {
				t.Errorf("%d of %d rows are right, want at least %d", right, test.Len(), tc.least)
			}
		})
	}
}

// Standardised and bounded, no value is too large for golearn.
func TestExtremeValues(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"a", "b"}},
		X:      mat.NewDense(4, 3, []float64{-1.7e308, 1e-300, 5, -1.6e308, 2e-300, 5, 1.6e308, 3e-300, 5, 1.7e308, 4e-300, 5}), Y: []float64{0, 0, 1, 1},
	}
	m := fit(t, neural.Params{HiddenLayerSizes: []int{3}, LearningRateInit: 0.1, MaxIter: 20}, d)
	proba, err := m.PredictProba(context.Background(), mat.NewDense(2, 3, []float64{1.7e308, -1.7e308, 1.7e308, 0, 0, 0}))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if sum := proba.At(i, 0) + proba.At(i, 1); math.Abs(sum-1) > 1e-12 {
			t.Errorf("row %d: the probabilities sum to %v", i, sum)
		}
	}
}

func TestCannotBeStored(t *testing.T) {
	var m any = (*neural.Classifier)(nil)
	if _, ok := m.(encoding.BinaryMarshaler); ok {
		t.Error("golearn's weights are private, yet the learner says that it can be stored")
	}
}
