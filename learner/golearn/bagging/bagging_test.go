package bagging_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/bagging"
	"github.com/gochimera/chimera/learner/learnertest"
)

func TestConformance(t *testing.T) { learnertest.Run(t, "golearn-bagged-id3-classifier") }

func fit(t *testing.T, p bagging.Params, d learner.Dataset) *bagging.Classifier {
	t.Helper()
	m, err := bagging.New(p, learner.Env{Procs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

func right(t *testing.T, m learner.Estimator, d learner.Dataset) int {
	t.Helper()
	predicted, err := m.Predict(context.Background(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, class := range predicted {
		if class == d.Y[i] {
			n++
		}
	}
	return n
}

// It draws from the global generator, so the bounds leave room: 34 to 37 of 38
// and 43 to 45 of 45 rows were seen in 40 runs each.
func TestScore(t *testing.T) {
	for _, tc := range []struct {
		name, set string
		params    bagging.Params
		least     int
	}{
		{"iris", "iris", bagging.Params{NEstimators: 50}, 31},
		{"wine", "wine", bagging.Params{NEstimators: 50}, 40},
		{"wine, random subspaces", "wine", bagging.Params{NEstimators: 50, MaxFeatures: 3}, 40},
	} {
		t.Run(tc.name, func(t *testing.T) {
			train, test := testdata.Load(t, tc.set)
			if n := right(t, fit(t, tc.params, train), test); n < tc.least {
				t.Errorf("%d of %d rows are right, want at least %d", n, test.Len(), tc.least)
			}
		})
	}
}

// One feature decides the class, so a tree that saw its rows beside their own
// classes splits there, or one row beside it: golearn passes over some
// thresholds where rows repeat. golearn's own bootstrap splits anywhere.
func TestBootstrapKeepsRowsTogether(t *testing.T) {
	const rows = 200
	rng := learner.NewRand(3)
	d := learner.Dataset{Schema: learner.Schema{Classes: []learner.Label{"low", "high"}}, X: mat.NewDense(rows, 1, nil), Y: make([]float64, rows)}
	for i := range rows {
		v := rng.Float64()
		if i%2 == 0 {
			v, d.Y[i] = v+2, 1
		}
		d.X.Set(i, 0, v)
	}
	for range 5 {
		if n := right(t, fit(t, bagging.Params{NEstimators: 1}, d), d); n < rows-10 {
			t.Fatalf("%d of %d rows are right", n, rows)
		}
	}
}

func TestMaxFeatures(t *testing.T) {
	m, err := bagging.New(bagging.Params{NEstimators: 1, MaxFeatures: 3}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	d := learner.Dataset{Schema: learner.Schema{Classes: []learner.Label{"a", "b"}}, X: mat.NewDense(2, 2, nil), Y: []float64{0, 1}}
	var data *learner.DataError
	if err := m.Fit(context.Background(), d); !errors.As(err, &data) || err.Error() != "max_features is 3, the data has 2 features" {
		t.Errorf("got error %v", err)
	}
}
