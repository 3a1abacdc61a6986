package sgd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/sgd"
	"github.com/gochimera/chimera/registry"
)

func TestBalancedIsWeights(t *testing.T) {
	d := data(90, 3)
	weighed := d
	weighed.Weights = slices.Clone(d.Weights)
	of := make([]float64, 3)
	var total float64
	for i, w := range d.Weights {
		of[int(d.Y[i])] += w
		total += w
	}
	for i := range weighed.Weights {
		weighed.Weights[i] *= total / (3 * of[int(d.Y[i])])
	}
	// Balancing counts for the loss, not for the scale of the columns.
	params := `"standardize": false, "batch_size": 90, "learning_rate": "constant", "eta0": 0.1, "tol": 0, "max_iter": 50`
	want := fitted(t, "sgd-classifier", `{`+params+`}`, learner.Env{}, weighed).Parameters()
	got := fitted(t, "sgd-classifier", `{"class_weight": "balanced", `+params+`}`, learner.Env{}, d).Parameters()
	if far := farthest(want, got); far > 1e-12 {
		t.Errorf("parameters %v, off by %.2g from %v", got, far, want)
	}
}

// Divergence is an error that says what to do, and keeps the old model.
func TestDiverges(t *testing.T) {
	for _, tc := range []struct{ name, params, remedy string }{
		{"at once", `{"learning_rate": "constant", "eta0": 1e300}`, "lower eta0 (it is 1e+300)"},
		{"fast", `{"learning_rate": "constant", "eta0": 100}`, "lower eta0"},
		{"slowly, all rows per step", `{"learning_rate": "constant", "eta0": 1.35, "batch_size": 1000, "max_iter": 10000}`, "lower eta0"},
		{"until max_iter", `{"learning_rate": "constant", "eta0": 1.35, "batch_size": 1000, "max_iter": 60}`, "lower eta0"},
		{"optimal", `{"learning_rate": "optimal", "alpha": 1e-12, "standardize": false}`,
			"raise alpha (it is 1e-12) or choose another learning_rate, or set standardize to true"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := data(80, 0)
			e, err := registry.New("sgd-regressor", []byte(tc.params), learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			m := e.(*sgd.Regressor)
			if _, err := m.Init(d.Schema); err != nil {
				t.Fatal(err)
			}
			old := []float64{1, 2, 3, 4, 5}
			if err := m.SetParameters(old); err != nil {
				t.Fatal(err)
			}
			err = m.Fit(context.Background(), d)
			if !errors.Is(err, sgd.ErrDiverged) || !strings.Contains(err.Error(), tc.remedy) {
				t.Errorf("got error %v, want one that says %q", err, tc.remedy)
			}
			if !slices.Equal(m.Parameters(), old) {
				t.Errorf("the old model is gone: %v", m.Parameters())
			}
		})
	}
}

// logged fits and returns what was logged.
func logged(t *testing.T, name, params string, d learner.Dataset) (m learner.Differentiable, log string) {
	t.Helper()
	var b bytes.Buffer
	env := learner.Env{Seed: 1, Log: slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	m = fitted(t, name, params, env, d)
	return m, b.String()
}

func TestStops(t *testing.T) {
	d := data(300, 2)
	for _, tc := range []struct{ name, params, want, not string }{
		{"by tol", `{}`, "has settled", "raise max_iter or tol"},
		{"by max_iter", `{"max_iter": 2}`, "raise max_iter or tol", "has settled"},
		{"by max_iter, as asked", `{"max_iter": 7, "tol": 0}`, "", "the descent has"},
		{"by the rows held back", `{"early_stopping": true}`, "has settled", "has not"},
		{"adaptive", `{"learning_rate": "adaptive"}`, "has settled", "raise max_iter or tol"},
		{"close to the minimum", `{"alpha": 1}`, "has settled", "has not"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, log := logged(t, "sgd-classifier", tc.params, d)
			if !strings.Contains(log, tc.want) || strings.Contains(log, tc.not) {
				t.Errorf("logged %q, want %q and not %q", log, tc.want, tc.not)
			}
		})
	}
}

// An adaptive rate ends up far closer to the minimum than the rate it begins
// with.
func TestAdaptiveRate(t *testing.T) {
	d := data(300, 0)
	n := newNaive(d, "squared_error", 0, 1e-4, true, false)
	value := func(rate string) float64 {
		m, _ := logged(t, "sgd-regressor", fmt.Sprintf(`{"standardize": false, "learning_rate": %q, "eta0": 0.1, "batch_size": 4}`, rate), d)
		v, _ := n.objective(m.Parameters(), 0, d.Len())
		return v
	}
	m, _ := logged(t, "sgd-regressor", `{"standardize": false, "batch_size": 300, "learning_rate": "constant", "eta0": 0.2, "tol": 0, "max_iter": 3000}`, d)
	best, _ := n.objective(m.Parameters(), 0, d.Len())
	constant, adaptive := value("constant")-best, value("adaptive")-best
	if adaptive < 0 || adaptive > constant/10 {
		t.Errorf("above the minimum by %v with a constant rate, by %v with an adaptive one", constant, adaptive)
	}
}

// With a target of pure noise the rows held back are served best by few
// epochs, and it is the parameters of then that are kept.
func TestEarlyStoppingKeepsTheBest(t *testing.T) {
	rng := learner.NewRand(5)
	d := learner.Dataset{X: mat.NewDense(60, 30, nil), Y: make([]float64, 60)}
	for i := range 60 {
		for j := range 30 {
			d.X.Set(i, j, rng.NormFloat64())
		}
		d.Y[i] = rng.NormFloat64()
	}
	size := func(params string) float64 {
		coef, _ := fitted(t, "sgd-regressor", params, learner.Env{Seed: 2}, d).(*sgd.Regressor).Coefficients()
		return mat.Norm(coef, 2)
	}
	early := size(`{"early_stopping": true, "validation_fraction": 0.3, "max_iter": 300}`)
	late := size(`{"tol": 0, "max_iter": 300}`)
	if early > late/2 {
		t.Errorf("coefficients of norm %v with early stopping, %v without", early, late)
	}
}

// coins draws rows whose class has nothing to do with their features.
func coins(n, features int) learner.Dataset {
	rng := learner.NewRand(learner.Seed(3, fmt.Sprint(n, features)))
	d := learner.Dataset{X: mat.NewDense(n, features, nil), Y: make([]float64, n)}
	d.Classes = []learner.Label{"0", "1"}
	for i := range n {
		for j := range features {
			d.X.Set(i, j, rng.NormFloat64())
		}
		d.Y[i] = float64(rng.IntN(2))
	}
	return d
}

// If more steps only make the loss of the rows held back larger, and larger
// than that before the first step, the descent has come to its end.
func TestEarlyStoppingStopsAnOverfit(t *testing.T) {
	d := coins(200, 50)
	for seed := range uint64(5) {
		m := fitted(t, "sgd-classifier", `{"early_stopping": true}`, learner.Env{Seed: seed}, d)
		if c := m.(learner.Convergent).Convergence(); !c.Converged || c.Iterations > 100 {
			t.Errorf("seed %d: %+v, want that it has converged after a few epochs", seed, c)
		}
	}
}

// If a batch holds all rows, the perceptron's loss in the first epoch is 0: all
// scores are. That is no loss to compare the later ones with.
func TestPerceptronOfOneBatch(t *testing.T) {
	for _, n := range []int{8, 16, 32} {
		d := coins(n, 3)
		for seed := range uint64(3) {
			m := fitted(t, "sgd-classifier", `{"loss": "perceptron"}`, learner.Env{Seed: seed}, d)
			if c := m.(learner.Convergent).Convergence(); !c.Converged {
				t.Errorf("%d rows, seed %d: %+v", n, seed, c)
			}
		}
	}
}

func TestSeeds(t *testing.T) {
	d := data(100, 3)
	params := func(seed uint64, params string) []float64 {
		return fitted(t, "sgd-classifier", params, learner.Env{Seed: seed}, d).Parameters()
	}
	if slices.Equal(params(1, `{}`), params(2, `{}`)) {
		t.Error("two seeds, one model, though rows are shuffled")
	}
	if !slices.Equal(params(1, `{"shuffle": false}`), params(2, `{"shuffle": false}`)) {
		t.Error("two seeds, two models, though rows are not shuffled")
	}
}

func TestParametersThatDoNotGoTogether(t *testing.T) {
	for _, tc := range []struct{ name, params, param string }{
		{"sgd-classifier", `{"learning_rate": "optimal", "alpha": 0}`, "learning_rate"},
		{"sgd-regressor", `{"learning_rate": "optimal", "alpha": 0, "penalty": "none"}`, "learning_rate"},
	} {
		var bad *learner.ParamError
		if _, err := registry.New(tc.name, []byte(tc.params), learner.Env{}); !errors.As(err, &bad) || bad.Param != tc.param {
			t.Errorf("%s %s: got error %v, want one about %s", tc.name, tc.params, err, tc.param)
		}
	}
	if _, err := sgd.NewClassifier(sgd.ClassifierParams{}, learner.Env{}); err == nil {
		t.Error("a classifier without any parameters: no error")
	}
}

// Numbers that are finite, but whose scores are not.
func TestOverflow(t *testing.T) {
	d := data(30, 3)
	m := fitted(t, "sgd-classifier", `{}`, learner.Env{}, d).(*sgd.Classifier)
	huge := mat.NewDense(2, 4, slices.Repeat([]float64{1}, 8))
	huge.SetRow(1, slices.Repeat([]float64{math.MaxFloat64}, 4))
	var bad *learner.DataError
	if _, err := m.Predict(context.Background(), huge); !errors.As(err, &bad) || bad.Row != 1 {
		t.Errorf("Predict: got error %v, want one about row 1", err)
	}
	if _, err := m.PredictProba(context.Background(), huge); !errors.As(err, &bad) || bad.Row != 1 {
		t.Errorf("PredictProba: got error %v, want one about row 1", err)
	}
	batch := d.Select([]int{0, 1})
	batch.X.Set(1, 0, math.MaxFloat64)
	if err := m.SetParameters(slices.Repeat([]float64{1e10}, len(m.Parameters()))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Gradient(context.Background(), learner.Step{}, batch, make([]float64, len(m.Parameters()))); err == nil || errors.As(err, &bad) {
		t.Errorf("Gradient: got error %v, want one about an overflow", err)
	}
	far := data(30, 0)
	far.X.Set(0, 0, 1e200)
	if err := fitted(t, "sgd-regressor", `{}`, learner.Env{}, data(30, 0)).Fit(context.Background(), far); !errors.As(err, &bad) || bad.Column != 0 {
		t.Errorf("Fit: got error %v, want one about column 0", err)
	}
	tall := data(30, 0)
	tall.Y[3] = 1e200
	if err := fitted(t, "sgd-regressor", `{}`, learner.Env{}, data(30, 0)).Fit(context.Background(), tall); !errors.As(err, &bad) || bad.Name != "y" {
		t.Errorf("Fit: got error %v, want one about y", err)
	}
	tiny := learner.Dataset{X: mat.NewDense(2, 1, []float64{-1e-158, 1e-158}), Y: []float64{-1e153, 1e153}}
	if err := fitted(t, "sgd-regressor", `{}`, learner.Env{}, data(30, 0)).Fit(context.Background(), tiny); err == nil ||
		!strings.Contains(err.Error(), "rescale them") {
		t.Errorf("Fit: got error %v, want one about features that are too small", err)
	}
}

// What scores mean depends on the loss, so a model goes back only into a
// learner with the same one.
func TestSnapshotOfAnotherLoss(t *testing.T) {
	d := data(30, 3)
	stored, err := fitted(t, "sgd-classifier", `{"loss": "hinge"}`, learner.Env{}, d).(*sgd.Classifier).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ params, want string }{
		{`{"loss": "log_loss"}`, `fitted with the loss "hinge"`},
		{`{"loss": "hinge", "fit_intercept": false}`, "fit_intercept true"},
	} {
		e, err := registry.New("sgd-classifier", []byte(tc.params), learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.(*sgd.Classifier).UnmarshalBinary(stored); !errors.Is(err, learner.ErrSnapshot) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got error %v, want one that says %q", tc.params, err, tc.want)
		}
	}
}

func TestInitRefuses(t *testing.T) {
	classes := []learner.Label{"a", "b"}
	for _, tc := range []struct {
		name, learner string
		schema        learner.Schema
	}{
		{"no features", "sgd-regressor", learner.Schema{}},
		{"classes for a regressor", "sgd-regressor", learner.Schema{Features: []string{"x"}, Classes: classes}},
		{"no classes for a classifier", "sgd-classifier", learner.Schema{Features: []string{"x"}}},
		{"an empty list of classes", "sgd-classifier", learner.Schema{Features: []string{"x"}, Classes: []learner.Label{}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, err := registry.New(tc.learner, nil, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			var bad *learner.DataError
			if _, err := e.(learner.Differentiable).Init(tc.schema); !errors.As(err, &bad) {
				t.Errorf("got error %v, want a *learner.DataError", err)
			}
		})
	}
	m := fitted(t, "sgd-classifier", `{}`, learner.Env{}, data(30, 3))
	var bad *learner.DataError
	if _, _, err := m.Gradient(context.Background(), learner.Step{}, data(30, 2), make([]float64, len(m.Parameters()))); !errors.As(err, &bad) {
		t.Errorf("a gradient on other classes: got error %v, want a *learner.DataError", err)
	}
}
