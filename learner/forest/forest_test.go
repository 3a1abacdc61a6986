package forest_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/forest"
	"github.com/gochimera/chimera/learner/learnertest"
	"github.com/gochimera/chimera/registry"
)

func TestConformance(t *testing.T) {
	for _, tc := range []struct{ name, learner, params string }{
		{"forest-classifier", "forest-classifier", `{"n_estimators": 10}`},
		{"forest-classifier, balanced", "forest-classifier", `{"n_estimators": 10, "class_weight": "balanced_subsample"}`},
		{"forest-classifier, out-of-bag", "forest-classifier", `{"n_estimators": 3, "oob_score": true, "criterion": "entropy", "max_features": "all"}`},
		{"forest-regressor", "forest-regressor", `{"n_estimators": 10}`},
		{"forest-regressor, small trees", "forest-regressor", `{"n_estimators": 5, "max_leaf_nodes": 8, "min_samples_leaf": 2, "oob_score": true}`},
		{"forest-classifier, by bins", "forest-classifier", `{"n_estimators": 5, "splitter": "histogram", "max_bins": 30}`},
		{"forest-regressor, by bins", "forest-regressor", `{"n_estimators": 5, "splitter": "histogram"}`},
		{"extra-trees-classifier", "extra-trees-classifier", `{"n_estimators": 10}`},
		{"extra-trees-regressor", "extra-trees-regressor", `{"n_estimators": 10}`},
		{"forest-regressor by medians", "forest-regressor", `{"n_estimators": 5, "criterion": "absolute_error"}`},
		{"extra-trees-regressor by medians", "extra-trees-regressor", `{"n_estimators": 5, "criterion": "absolute_error"}`},
		{"extra-trees-regressor, bootstrap", "extra-trees-regressor", `{"n_estimators": 5, "bootstrap": true, "max_features": 0.5, "max_depth": 6}`},
		{"one tree", "forest-classifier", `{"n_estimators": 1}`},
	} {
		t.Run(tc.name, func(t *testing.T) { learnertest.Run(t, tc.learner, learnertest.WithParams(tc.params)) })
	}
	for _, name := range []string{"forest-regressor", "extra-trees-regressor"} {
		t.Run(name+" of counts", func(t *testing.T) {
			learnertest.Run(t, name, learnertest.WithParams(`{"n_estimators": 5, "criterion": "poisson"}`), learnertest.Counts())
		})
	}
}

func fitted(t *testing.T, name, params string, seed uint64, d learner.Dataset) learner.Estimator {
	t.Helper()
	m, err := registry.New(name, json.RawMessage(params), learner.Env{Seed: seed, Procs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

// score is the accuracy, or the R2, on the test part.
func score(t *testing.T, m learner.Estimator, test learner.Dataset) float64 {
	t.Helper()
	y, err := m.Predict(context.Background(), test.X)
	if err != nil {
		t.Fatal(err)
	}
	if test.Classes == nil {
		return stat.RSquaredFrom(y, test.Y, nil)
	}
	right := 0.0
	for i, v := range y {
		if v == test.Y[i] {
			right++
		}
	}
	return right / float64(len(y))
}

// TestScores: as good as scikit-learn 1.2.1 (RandomForestClassifier and
// RandomForestRegressor with their defaults) on the same splits. Its scores are means over 20
// seeds with their standard deviation; these are means over fewer, which the tolerance knows.
func TestScores(t *testing.T) {
	for _, tc := range []struct {
		set      string
		mean, sd float64
	}{
		{"iris", 0.9737, 0}, {"wine", 0.9789, 0.0113}, {"breast_cancer", 0.9727, 0.0039}, {"digits", 0.9758, 0.0034}, {"diabetes", 0.2390, 0.0163},
	} {
		t.Run(tc.set, func(t *testing.T) {
			if repeat.UnderRace() && tc.set == "digits" {
				t.Skip("the race detector sees as much in the smaller sets")
			}
			train, test := testdata.Load(t, tc.set)
			name := "forest-classifier"
			if train.Classes == nil {
				name = "forest-regressor"
			}
			scores := make([]float64, repeat.Times(5, 3))
			for seed := range scores {
				scores[seed] = score(t, fitted(t, name, `{}`, uint64(seed), train), test)
			}
			mean, sd := stat.PopMeanStdDev(scores, nil)
			t.Logf("%.4f +- %.4f", mean, sd)
			if least := tc.mean - 3*math.Sqrt((sd*sd+tc.sd*tc.sd)/float64(len(scores))) - 0.5e-4; mean < least {
				t.Errorf("mean score %.4f, want at least %.4f (scikit-learn: %.4f)", mean, least, tc.mean)
			}
		})
	}
}

// TestOutOfBagScore: it estimates the score on rows never seen.
func TestOutOfBagScore(t *testing.T) {
	type scorer interface{ OOBScore() (float64, bool) }
	for _, tc := range []struct {
		set, learner string
		tolerance    float64
	}{{"digits", "forest-classifier", 0.02}, {"breast_cancer", "forest-classifier", 0.04}} {
		t.Run(tc.set, func(t *testing.T) {
			train, test := testdata.Load(t, tc.set)
			m := fitted(t, tc.learner, `{"oob_score": true}`, 1, train)
			got, ok := m.(scorer).OOBScore()
			if want := score(t, m, test); !ok || math.Abs(got-want) > tc.tolerance {
				t.Errorf("out-of-bag score %.4f, %v; on the test part %.4f", got, ok, want)
			}
			if _, ok := fitted(t, tc.learner, `{"n_estimators": 2}`, 1, train).(scorer).OOBScore(); ok {
				t.Error("there is a score without oob_score")
			}
		})
	}
	one := learner.Dataset{Schema: learner.Schema{Classes: []learner.Label{"a"}}, X: mat.NewDense(1, 1, nil), Y: []float64{0}}
	if s, ok := fitted(t, "forest-classifier", `{"oob_score": true}`, 1, one).(scorer).OOBScore(); ok {
		t.Errorf("every tree draws the only row, yet the score is %v", s)
	}
}

// TestMoreTreesAreSmoother: the answers of two forests with different seeds
// come closer as they grow, since both approach the same mean.
func TestMoreTreesAreSmoother(t *testing.T) {
	train, test := testdata.Load(t, "diabetes")
	for _, name := range []string{"forest-regressor", "extra-trees-regressor"} {
		distance := func(params string) float64 {
			a, err := fitted(t, name, params, 1, train).Predict(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			b, err := fitted(t, name, params, 2, train).Predict(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			var sum float64
			for i := range a {
				sum += (a[i] - b[i]) * (a[i] - b[i])
			}
			return sum
		}
		few, many := distance(`{"n_estimators": 4}`), distance(`{"n_estimators": 64}`)
		if ratio := few / many; ratio < 8 || ratio > 32 { // 16, but for chance
			t.Errorf("%s: sixteen times the trees lower the variance %.1f times", name, ratio)
		}
	}
}

// TestImportances: one feature of five says everything.
func TestImportances(t *testing.T) {
	rng := learner.NewRand(3)
	d := learner.Dataset{X: mat.NewDense(300, 5, nil), Y: make([]float64, 300)}
	d.X.Apply(func(int, int, float64) float64 { return rng.NormFloat64() }, d.X)
	for i := range d.Y {
		d.Y[i] = d.X.At(i, 2)
	}
	for _, name := range []string{"forest-regressor", "extra-trees-regressor"} {
		got := fitted(t, name, `{"n_estimators": 10}`, 1, d).(learner.Importancer).FeatureImportances()
		if got[2] < 0.9 {
			t.Errorf("%s: importances %v, want nearly all of it on the third", name, got)
		}
	}
	same := learner.Dataset{X: mat.NewDense(10, 5, nil), Y: make([]float64, 10)}
	for j, v := range fitted(t, "forest-regressor", `{"n_estimators": 2}`, 1, same).(learner.Importancer).FeatureImportances() {
		if v != 0 {
			t.Errorf("nothing can be learned, yet feature %d has importance %v", j, v)
		}
	}
}

func TestParams(t *testing.T) {
	train, _ := testdata.Load(t, "iris")
	for _, tc := range []struct{ name, learner, params, refusal string }{
		{"no trees", "forest-classifier", `{"n_estimators": 0}`, "n_estimators"},
		{"out of no bag", "forest-classifier", `{"bootstrap": false, "oob_score": true}`, "oob_score"},
		{"out of no bag, by default", "extra-trees-classifier", `{"oob_score": true}`, "oob_score"},
		{"a regressor's criterion", "extra-trees-classifier", `{"criterion": "squared_error"}`, "criterion"},
		{"a classifier's criterion", "extra-trees-regressor", `{"criterion": "gini"}`, "criterion"},
		{"no share", "forest-regressor", `{"max_features": 0.0}`, "max_features"},
		{"more features than there are", "forest-classifier", `{"max_features": 5}`, "max_features"},
		{"out of a bag", "extra-trees-classifier", `{"bootstrap": true, "oob_score": true, "n_estimators": 2}`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := registry.New(tc.learner, json.RawMessage(tc.params), learner.Env{})
			if err == nil {
				err = m.Fit(context.Background(), train)
			}
			if tc.refusal == "" && err != nil || tc.refusal != "" && (err == nil || !strings.Contains(err.Error(), tc.refusal)) {
				t.Errorf("got error %v, want one about %q", err, tc.refusal)
			}
		})
	}
	var bad *learner.ParamError
	if _, err := forest.NewRegressor(forest.RegressorParams{}, learner.Env{}); !errors.As(err, &bad) {
		t.Errorf("a forest of no trees: got %v, want a ParamError", err)
	}
	if _, err := forest.NewExtraTreesRegressor(forest.ExtraTreesRegressorParams{}, learner.Env{}); !errors.As(err, &bad) {
		t.Errorf("a forest of no trees: got %v, want a ParamError", err)
	}
}

func TestPredictIsCancelled(t *testing.T) {
	train, test := testdata.Load(t, "diabetes")
	m := fitted(t, "forest-regressor", `{"n_estimators": 2}`, 1, train)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Predict(ctx, test.X); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestWeightsThatOverflow(t *testing.T) {
	d := learner.Dataset{X: mat.NewDense(2, 1, []float64{1, 2}), Y: []float64{1, 2}, Weights: []float64{1e308, 1e308}}
	m, err := registry.New("forest-regressor", nil, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	var bad *learner.DataError
	if err := m.Fit(context.Background(), d); !errors.As(err, &bad) || bad.Name != "weight" {
		t.Errorf("got %v, want a DataError about the weights", err)
	}
}
