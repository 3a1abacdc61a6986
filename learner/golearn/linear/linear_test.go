//go:build cgo

package linear_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/linear"
	"github.com/gochimera/chimera/learner/learnertest"
)

func TestConformance(t *testing.T) { learnertest.Run(t, "golearn-linear-regression") }

func fit(t *testing.T, d learner.Dataset) *linear.Regressor {
	t.Helper()
	m, err := linear.New(linear.Params{MaxRows: 3000}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

func closeTo(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*max(1, math.Abs(b)) }

// The residuals of least squares are orthogonal to every column and sum to 0
// (the normal equations), whatever the way to get there.
func TestNormalEquations(t *testing.T) {
	train, test := testdata.Load(t, "diabetes")
	m := fit(t, train)
	predicted, err := m.Predict(context.Background(), train.X)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	along := make([]float64, len(train.Features))
	for i, y := range train.Y {
		r := y - predicted[i]
		sum += r
		for j, v := range train.X.RawRowView(i) {
			along[j] += r * v
		}
	}
	if math.Abs(sum) > 1e-8 {
		t.Errorf("the residuals sum to %v", sum)
	}
	for j, v := range along {
		if math.Abs(v) > 1e-8 {
			t.Errorf("the residuals times column %d sum to %v", j, v)
		}
	}
	// scikit-learn's LinearRegression has an R2 of 0.3594 on this split.
	predicted, err = m.Predict(context.Background(), test.X)
	if err != nil {
		t.Fatal(err)
	}
	if r2 := r2Of(predicted, test.Y); math.Abs(r2-0.3594) > 5e-5 {
		t.Errorf("R2 is %.4f", r2)
	}
}

func r2Of(predicted, y []float64) float64 {
	var mean, residual, total float64
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for i, v := range y {
		residual += (v - predicted[i]) * (v - predicted[i])
		total += (v - mean) * (v - mean)
	}
	return 1 - residual/total
}

func TestCoefficients(t *testing.T) {
	for _, tc := range []struct {
		name      string
		data      learner.Dataset
		coef      []float64
		intercept float64
	}{
		{"exact", learner.Dataset{X: mat.NewDense(3, 2, []float64{0, 0, 1, 0, 0, 1}), Y: []float64{5, 7, 2}}, []float64{2, -3}, 5},
		{"weights are rows", learner.Dataset{X: mat.NewDense(3, 1, []float64{0, 1, 1}), Y: []float64{1, 2, 5}, Weights: []float64{1, 2, 1}}, []float64{2}, 1},
		{"a column that depends on those before", learner.Dataset{X: mat.NewDense(4, 3, []float64{0, 1, 1, 1, 0, 1, 2, 2, 4, 3, 1, 4}),
			Y: []float64{1, 2, 4, 4}}, []float64{1, 0.5, 0}, 0.75},
		{"a constant column", learner.Dataset{X: mat.NewDense(3, 2, []float64{0.1, 1, 0.1, 2, 0.1, 3}), Y: []float64{2, 4, 6}}, []float64{0, 2}, 0},
		{"a constant target", learner.Dataset{X: mat.NewDense(3, 1, []float64{1, 2, 4}), Y: []float64{-2.5, -2.5, -2.5}}, []float64{0}, -2.5},
		{"one row", learner.Dataset{X: mat.NewDense(1, 2, []float64{1, 2}), Y: []float64{3}}, []float64{0, 0}, 3},
		{"fewer rows than columns", learner.Dataset{X: mat.NewDense(2, 2, []float64{1, 5, 2, 7}), Y: []float64{3, 5}}, []float64{2, 0}, 1},
		{"far from zero", learner.Dataset{X: mat.NewDense(3, 1, []float64{1e9, 1e9 + 1, 1e9 + 2}), Y: []float64{1, 2, 3}}, []float64{1}, 1 - 1e9},
		{"large and small", learner.Dataset{X: mat.NewDense(3, 2, []float64{1e200, 0, 0, 1e-200, 0, 0}), Y: []float64{1, 1, 0}}, []float64{1e-200, 1e200}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			coef, intercept := fit(t, tc.data).Coefficients()
			for j, want := range tc.coef {
				allowed := 1e-9 * math.Abs(want)
				if want == 0 {
					allowed = 1e-12
				}
				if got := coef.At(0, j); math.Abs(got-want) > allowed {
					t.Errorf("coefficient %d is %v, want %v", j, got, want)
				}
			}
			if !closeTo(intercept[0], tc.intercept, 1e-9) {
				t.Errorf("intercept %v, want %v", intercept[0], tc.intercept)
			}
		})
	}
}

// A row that is finite, but too large for a prediction, is an error that names it.
func TestPredictionThatOverflows(t *testing.T) {
	m := fit(t, learner.Dataset{X: mat.NewDense(3, 1, []float64{0, 1, 2}), Y: []float64{0, 2, 4}})
	_, err := m.Predict(context.Background(), mat.NewDense(2, 1, []float64{1, 1.7e308}))
	var of *learner.DataError
	if !errors.As(err, &of) || of.Row != 1 {
		t.Errorf("got error %v, want one that names row 1", err)
	}
}

func TestRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		data   learner.Dataset
		reason string
	}{
		{"more than max_rows", learner.Dataset{X: mat.NewDense(1, 1, nil), Y: []float64{1}, Weights: []float64{4}},
			"4 rows (each counted as often as it weighs), max_rows is 3"},
		{"a spread beyond a float", learner.Dataset{Schema: learner.Schema{Features: []string{"mass"}},
			X: mat.NewDense(3, 1, []float64{-1.7e308, 1.7e308, 1.7e308}), Y: []float64{1, 2, 3}}, "column 0 (mass): the values lie too far apart"},
		{"a spread of targets", learner.Dataset{X: mat.NewDense(3, 1, []float64{1, 2, 3}), Y: []float64{-1.7e308, 1.7e308, 1.7e308}},
			"y: the values lie too far apart"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := linear.New(linear.Params{MaxRows: 3}, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			var data *learner.DataError
			if err := m.Fit(context.Background(), tc.data); !errors.As(err, &data) || !strings.HasPrefix(err.Error(), tc.reason) {
				t.Errorf("got error %v, want a DataError with %q", err, tc.reason)
			}
		})
	}
}
