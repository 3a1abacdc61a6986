package bayes_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/bayes"
	"github.com/gochimera/chimera/learner/learnertest"
)

func TestConformance(t *testing.T) { learnertest.Run(t, "golearn-bernoulli-nb-classifier") }

func fit(t *testing.T, p bayes.Params, d learner.Dataset) *bayes.Classifier {
	t.Helper()
	m, err := bayes.New(p, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

// By hand, with golearn's (n + 1) / (rows + 1).
func TestPosterior(t *testing.T) {
	labels := learner.Schema{Classes: []learner.Label{"no", "yes", "never"}}
	for _, tc := range []struct {
		name    string
		data    learner.Dataset
		ask     []float64
		no, yes float64 // joint probabilities
	}{
		{
			name: "two bits",
			data: learner.Dataset{Schema: labels, X: mat.NewDense(5, 2, []float64{1, 0, 0, 0, 0, 0, 1, 1, 1, 0}), Y: []float64{0, 0, 0, 1, 1}},
			ask:  []float64{1, 0},
			no:   3.0 / 5 * (2.0 / 4) * (1 - 1.0/4), yes: 2.0 / 5 * (3.0 / 3) * (1 - 2.0/3),
		},
		{
			name: "a bit that all rows of a class have is missing", // golearn: 1 / (rows + 1), not 0
			data: learner.Dataset{Schema: labels, X: mat.NewDense(3, 1, []float64{1, 1, 0}), Y: []float64{0, 0, 1}},
			ask:  []float64{0},
			no:   2.0 / 3 * (1.0 / 3), yes: 1.0 / 3 * (1 - 1.0/2),
		},
		{
			name: "a class without any bit", // golearn alone fails
			data: learner.Dataset{Schema: labels, X: mat.NewDense(3, 1, []float64{0, 0, 1}), Y: []float64{0, 0, 1}},
			ask:  []float64{1},
			no:   2.0 / 3 * (1.0 / 3), yes: 1.0 / 3 * (2.0 / 2),
		},
		{
			name: "weights are rows",
			data: learner.Dataset{Schema: labels, X: mat.NewDense(3, 1, []float64{0, 1, 1}), Y: []float64{0, 0, 1}, Weights: []float64{3, 1, 2}},
			ask:  []float64{1},
			no:   4.0 / 6 * (2.0 / 5), yes: 2.0 / 6 * (3.0 / 3),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			proba, err := fit(t, bayes.Params{}, tc.data).PredictProba(context.Background(), mat.NewDense(1, len(tc.ask), tc.ask))
			if err != nil {
				t.Fatal(err)
			}
			for class, want := range []float64{tc.no / (tc.no + tc.yes), tc.yes / (tc.no + tc.yes), 0} {
				if got := proba.At(0, class); math.Abs(got-want) > 1e-12 {
					t.Errorf("class %d has probability %v, want %v", class, got, want)
				}
			}
		})
	}
}

func TestBinarize(t *testing.T) {
	d := learner.Dataset{Schema: learner.Schema{Classes: []learner.Label{"low", "high"}}, X: mat.NewDense(4, 1, []float64{1, 2.5, 3, 4}), Y: []float64{0, 0, 1, 1}}
	got, err := fit(t, bayes.Params{Binarize: 2.5}, d).Predict(context.Background(), mat.NewDense(2, 1, []float64{2.5, 2.6}))
	if err != nil || got[0] != 0 || got[1] != 1 {
		t.Errorf("%v, %v, want a value on the threshold to be low", got, err)
	}
}

// Most of the digits' pixels are above 8 or not.
func TestScore(t *testing.T) {
	train, test := testdata.Load(t, "digits")
	predicted, err := fit(t, bayes.Params{Binarize: 8}, train).Predict(context.Background(), test.X)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, class := range predicted {
		if class == test.Y[i] {
			right++
		}
	}
	if share := float64(right) / float64(test.Len()); share < 0.85 {
		t.Errorf("accuracy %.3f, want at least 0.85", share)
	}
}
