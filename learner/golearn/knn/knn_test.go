//go:build cgo

package knn_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/knn"
	"github.com/gochimera/chimera/learner/learnertest"
)

func TestConformance(t *testing.T) {
	for _, name := range []string{"golearn-knn-classifier", "golearn-knn-regressor"} {
		t.Run(name, func(t *testing.T) {
			learnertest.Run(t, name, learnertest.WithParams(`{"n_neighbors": 2}`), learnertest.WithRows(30)) // every neighbour is a sort
		})
	}
}

func classifier(t *testing.T, neighbours int, d learner.Dataset) *knn.Classifier {
	t.Helper()
	m, err := knn.NewClassifier(knn.Params{NNeighbors: neighbours}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

func regressor(t *testing.T, neighbours int, d learner.Dataset) *knn.Regressor {
	t.Helper()
	m, err := knn.NewRegressor(knn.Params{NNeighbors: neighbours}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

// nearest sorts the training rows by their distance from x.
func nearest(train *mat.Dense, x []float64) []int {
	rows, _ := train.Dims()
	distance := make([]float64, rows)
	order := make([]int, rows)
	for i := range rows {
		order[i] = i
		for j, v := range train.RawRowView(i) {
			distance[i] += (v - x[j]) * (v - x[j])
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case distance[a] < distance[b]:
			return -1
		case distance[a] > distance[b]:
			return 1
		}
		return 0
	})
	return order
}

// Neighbours are those of the plainest search, votes and means included.
func TestNeighbours(t *testing.T) {
	for _, k := range []int{1, 5, 12} {
		t.Run(fmt.Sprint(k, " of wine"), func(t *testing.T) { // no equal distances
			train, test := testdata.Load(t, "wine")
			proba, err := classifier(t, k, train).PredictProba(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			for i := range test.Len() {
				want := make([]float64, len(train.Classes))
				for _, n := range nearest(train.X, test.X.RawRowView(i))[:k] {
					want[int(train.Y[n])] += 1 / float64(k)
				}
				if got := proba.RawRowView(i); !closeTo(got, want) {
					t.Errorf("row %d: probabilities %v, want %v", i, got, want)
				}
			}
		})
		t.Run(fmt.Sprint(k, " of diabetes"), func(t *testing.T) {
			train, test := testdata.Load(t, "diabetes")
			got, err := regressor(t, k, train).Predict(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]float64, test.Len())
			for i := range want {
				for _, n := range nearest(train.X, test.X.RawRowView(i))[:k] {
					want[i] += train.Y[n] / float64(k)
				}
			}
			if !closeTo(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func closeTo(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= 1e-12*max(1, math.Abs(y)) })
}

// The same rows are right as with scikit-learn's KNeighborsClassifier.
func TestScore(t *testing.T) {
	for set, want := range map[string]int{"iris": 37, "wine": 33, "breast_cancer": 134} {
		t.Run(set, func(t *testing.T) {
			train, test := testdata.Load(t, set)
			predicted, err := classifier(t, 5, train).Predict(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			right := 0
			for i, class := range predicted {
				if class == test.Y[i] {
					right++
				}
			}
			if right != want {
				t.Errorf("%d of %d rows are right, want %d", right, test.Len(), want)
			}
		})
	}
}

// golearn's own vote answers one of the tied classes at random.
func TestTiesGoToTheFirstClass(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"a", "b", "c", "d"}},
		X:      mat.NewDense(4, 1, []float64{1, 2, 3, 90}), Y: []float64{3, 1, 2, 0},
	}
	m := classifier(t, 3, d)
	for range 50 {
		got, err := m.Predict(context.Background(), mat.NewDense(1, 1, []float64{2.1}))
		if err != nil {
			t.Fatal(err)
		}
		if got[0] != 1 {
			t.Fatalf("class %v, want 1, the first of three with a vote each", got[0])
		}
	}
}

func TestMoreNeighboursThanRows(t *testing.T) {
	d := learner.Dataset{X: mat.NewDense(2, 1, []float64{1, 2}), Y: []float64{10, 40}, Weights: []float64{2, 1}}
	got, err := regressor(t, 5, d).Predict(context.Background(), mat.NewDense(1, 1, []float64{9}))
	if err != nil || math.Abs(got[0]-20) > 1e-12 {
		t.Errorf("%v, %v, want the mean of all three", got, err)
	}
}

func TestLargeValuesAreRefused(t *testing.T) {
	good := learner.Dataset{Schema: learner.Schema{Features: []string{"mass"}}, X: mat.NewDense(2, 1, []float64{-1e15, 1e15}), Y: []float64{1, 2}}
	m := regressor(t, 1, good)
	if got, err := m.Predict(context.Background(), good.X); err != nil || !slices.Equal(got, good.Y) {
		t.Errorf("values of 1e15: %v, %v", got, err)
	}
	bad := good
	bad.X = mat.NewDense(2, 1, []float64{1, 1.1e15})
	var data *learner.DataError
	if err := m.Fit(context.Background(), bad); !errors.As(err, &data) || !strings.HasPrefix(err.Error(), "row 1, column 0 (mass): the value is 1.1e+15") {
		t.Errorf("Fit: got error %v", err)
	}
	if _, err := m.Predict(context.Background(), bad.X); !errors.As(err, &data) {
		t.Errorf("Predict: got error %v", err)
	}
}

func TestPredictEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x := mat.NewDense(1, 1, []float64{1})
	if _, err := regressor(t, 1, learner.Dataset{X: x, Y: []float64{1}}).Predict(ctx, x); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
}
