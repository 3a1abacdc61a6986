package dummy_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/dummy"
	"github.com/gochimera/chimera/learner/learnertest"
)

func TestConformance(t *testing.T) {
	for name, params := range map[string]string{"prior": `{}`, "most_frequent": `{"strategy": "most_frequent"}`} {
		t.Run(name, func(t *testing.T) {
			learnertest.Run(t, "dummy-classifier", learnertest.WithParams(params), learnertest.Baseline())
		})
	}
	for name, params := range map[string]string{
		"mean": `{}`, "median": `{"strategy": "median"}`, "quantile": `{"strategy": "quantile", "quantile": 0.9}`,
	} {
		t.Run(name, func(t *testing.T) {
			learnertest.Run(t, "dummy-regressor", learnertest.WithParams(params), learnertest.Baseline())
		})
	}
	t.Run("constant", func(t *testing.T) {
		learnertest.Run(t, "dummy-regressor", learnertest.WithParams(`{"strategy": "constant", "constant": -0.5}`), learnertest.Baseline())
	})
}

func TestClassShares(t *testing.T) {
	train := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"no", "yes", "maybe"}},
		X:      mat.NewDense(4, 1, nil), Y: []float64{0, 1, 1, 0}, Weights: []float64{1, 1, 2, 0},
	}
	for _, tc := range []struct {
		strategy string
		proba    []float64
	}{
		{"prior", []float64{0.25, 0.75, 0}},
		{"most_frequent", []float64{0, 1, 0}},
	} {
		t.Run(tc.strategy, func(t *testing.T) {
			m, err := dummy.NewClassifier(dummy.ClassifierParams{Strategy: tc.strategy}, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(context.Background(), train); err != nil {
				t.Fatal(err)
			}
			p, err := m.PredictProba(context.Background(), mat.NewDense(1, 1, []float64{math.NaN()}))
			if err != nil {
				t.Fatal(err)
			}
			if got := p.RawRowView(0); !slices.Equal(got, tc.proba) {
				t.Errorf("probabilities %v, want %v", got, tc.proba)
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	// Quantiles by numpy.quantile of the rows repeated by weight.
	for _, tc := range []struct {
		name    string
		params  dummy.RegressorParams
		y, w    []float64
		want    float64
		inexact bool
	}{
		{name: "mean", params: dummy.RegressorParams{Strategy: "mean"}, y: []float64{1, 2, 6}, want: 3, inexact: true},
		{name: "mean, weighted", params: dummy.RegressorParams{Strategy: "mean"}, y: []float64{1, 5}, w: []float64{3, 1}, want: 2},
		{name: "mean of large numbers", params: dummy.RegressorParams{Strategy: "mean"}, y: []float64{math.MaxFloat64, math.MaxFloat64}, want: math.MaxFloat64},
		{name: "median, odd", params: dummy.RegressorParams{Strategy: "median"}, y: []float64{9, 1, 2}, want: 2},
		{name: "median, even", params: dummy.RegressorParams{Strategy: "median"}, y: []float64{9, 1, 2, 4}, want: 3},
		{name: "median, weighted", params: dummy.RegressorParams{Strategy: "median"}, y: []float64{9, 1, 2}, w: []float64{3, 1, 1}, want: 9},
		{name: "median, weight 0", params: dummy.RegressorParams{Strategy: "median"}, y: []float64{9, 1, 2}, w: []float64{0, 1, 1}, want: 1.5},
		{name: "median, ten tenths", params: dummy.RegressorParams{Strategy: "median"}, y: []float64{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 8},
			w: []float64{.1, .1, .1, .1, .1, .1, .1, .1, .1, .1, 1}, want: 6, inexact: true},
		{name: "least", params: dummy.RegressorParams{Strategy: "quantile", Quantile: 0}, y: []float64{3, 1, 2}, want: 1},
		{name: "largest", params: dummy.RegressorParams{Strategy: "quantile", Quantile: 1}, y: []float64{3, 1, 2}, want: 3},
		{name: "quantile between rows", params: dummy.RegressorParams{Strategy: "quantile", Quantile: 0.3}, y: []float64{0, 10, 20, 30, 40}, want: 12, inexact: true},
		{name: "total weight below 1", params: dummy.RegressorParams{Strategy: "median"}, y: []float64{3, 7}, w: []float64{0.25, 0.125}, want: 3},
		// Of weights that are not whole by sklearn.utils.stats._weighted_percentile, scikit-learn 1.2.
		{name: "median, a fifth each", params: dummy.RegressorParams{Strategy: "median"}, y: []float64{5, 3, 1, 4, 2}, w: []float64{.2, .2, .2, .2, .2}, want: 3},
		{name: "median, two and a half each", params: dummy.RegressorParams{Strategy: "median"}, y: []float64{1, 2, 3}, w: []float64{2.5, 2.5, 2.5}, want: 2},
		{name: "median, unlike weights", params: dummy.RegressorParams{Strategy: "median"}, y: []float64{3, 1, 2}, w: []float64{.7, .1, .3}, want: 3},
		{name: "quantile, tenths", params: dummy.RegressorParams{Strategy: "quantile", Quantile: 0.3}, y: []float64{0, 10, 20, 30, 40},
			w: []float64{.1, .1, .1, .1, .1}, want: 10},
		{name: "least, tenths", params: dummy.RegressorParams{Strategy: "quantile", Quantile: 0}, y: []float64{3, 1, 2}, w: []float64{.1, .1, .1}, want: 1},
		{name: "largest, tenths", params: dummy.RegressorParams{Strategy: "quantile", Quantile: 1}, y: []float64{3, 1, 2}, w: []float64{.1, .1, .1}, want: 3},
		{name: "constant", params: dummy.RegressorParams{Strategy: "constant", Constant: -4}, y: []float64{3, 1, 2}, want: -4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := dummy.NewRegressor(tc.params, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(context.Background(), learner.Dataset{X: mat.NewDense(len(tc.y), 1, nil), Y: tc.y, Weights: tc.w}); err != nil {
				t.Fatal(err)
			}
			got, err := m.Predict(context.Background(), mat.NewDense(1, 1, nil))
			if err != nil {
				t.Fatal(err)
			}
			tolerance := 0.0
			if tc.inexact {
				tolerance = 1e-12
			}
			if math.Abs(got[0]-tc.want) > tolerance {
				t.Errorf("got %v, want %v", got[0], tc.want)
			}
		})
	}
}
