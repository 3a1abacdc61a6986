package cart_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/cart"
	"github.com/gochimera/chimera/learner/learnertest"
)

func TestConformance(t *testing.T) {
	for _, tc := range []struct{ name, learner, params string }{
		{"gini", "golearn-cart-classifier", `{}`},
		{"entropy, shallow", "golearn-cart-classifier", `{"criterion": "entropy", "max_depth": 3}`},
		{"squared error", "golearn-cart-regressor", `{}`},
		{"absolute error, shallow", "golearn-cart-regressor", `{"criterion": "absolute_error", "max_depth": 3}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			learnertest.Run(t, tc.learner, learnertest.WithParams(tc.params), learnertest.WithRows(80)) // time grows with the square
		})
	}
}

func TestClassifierScore(t *testing.T) {
	// Counted once: the trees do not depend on chance.
	for set, want := range map[string]int{"iris": 37, "wine": 43} {
		t.Run(set, func(t *testing.T) {
			train, test := testdata.Load(t, set)
			m, err := cart.NewClassifier(cart.ClassifierParams{Criterion: "gini", MaxRows: 5000}, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(context.Background(), train); err != nil {
				t.Fatal(err)
			}
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
			if right != want {
				t.Errorf("%d of %d rows are right, want %d", right, test.Len(), want)
			}
		})
	}
}

// The regressor answers what the plainest search for the best splits does.
func TestRegressorIsCART(t *testing.T) {
	train, test := testdata.Load(t, "diabetes")
	for _, depth := range []int{1, 2, 3} {
		m, err := cart.NewRegressor(cart.RegressorParams{Criterion: "squared_error", MaxDepth: depth, MaxRows: 5000}, learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(context.Background(), train); err != nil {
			t.Fatal(err)
		}
		predicted, err := m.Predict(context.Background(), test.X)
		if err != nil {
			t.Fatal(err)
		}
		answer := plainest(train, upTo(train.Len()), depth)
		for i, got := range predicted {
			if want := answer(test.X.RawRowView(i)); math.Abs(got-want) > 1e-9*math.Abs(want) {
				t.Errorf("depth %d, row %d: %v, want %v", depth, i, got, want)
			}
		}
	}
}

// plainest grows a tree by trying every split of the given rows.
func plainest(d learner.Dataset, rows []int, depth int) func(x []float64) float64 {
	mean := meanOf(d, rows)
	best, feature, threshold := errorOf(d, rows), -1, 0.0
	_, cols := d.X.Dims()
	for j := 0; j < cols && depth > 0; j++ {
		var values []float64
		for _, i := range rows {
			values = append(values, d.X.At(i, j))
		}
		slices.Sort(values)
		values = slices.Compact(values)
		for v := range len(values) - 1 {
			at := (values[v] + values[v+1]) / 2
			low, high := divide(d, rows, j, at)
			if e := errorOf(d, low) + errorOf(d, high); e < best-1e-6 {
				best, feature, threshold = e, j, at
			}
		}
	}
	if feature < 0 {
		return func([]float64) float64 { return mean }
	}
	low, high := divide(d, rows, feature, threshold)
	left, right := plainest(d, low, depth-1), plainest(d, high, depth-1)
	return func(x []float64) float64 {
		if x[feature] < threshold {
			return left(x)
		}
		return right(x)
	}
}

func divide(d learner.Dataset, rows []int, feature int, threshold float64) (low, high []int) {
	for _, i := range rows {
		if d.X.At(i, feature) < threshold {
			low = append(low, i)
		} else {
			high = append(high, i)
		}
	}
	return low, high
}

func meanOf(d learner.Dataset, rows []int) float64 {
	var sum float64
	for _, i := range rows {
		sum += d.Y[i]
	}
	return sum / float64(len(rows))
}

func errorOf(d learner.Dataset, rows []int) float64 {
	mean := meanOf(d, rows)
	var sum float64
	for _, i := range rows {
		sum += (d.Y[i] - mean) * (d.Y[i] - mean)
	}
	return sum
}

func upTo(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

func TestMaxRows(t *testing.T) {
	m, err := cart.NewRegressor(cart.RegressorParams{Criterion: "squared_error", MaxRows: 3}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	d := learner.Dataset{X: mat.NewDense(2, 1, []float64{1, 2}), Y: []float64{1, 2}, Weights: []float64{2, 2}}
	var data *learner.DataError
	if err := m.Fit(context.Background(), d); !errors.As(err, &data) || !strings.Contains(err.Error(),
		"4 rows (each counted as often as it weighs), max_rows is 3") {
		t.Errorf("got error %v", err)
	}
	d.Weights = []float64{2, 1}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Errorf("3 rows: %v", err)
	}
}

// Values whose mean overflows make golearn fail; the model before is kept.
func TestPanicIsAnError(t *testing.T) {
	m, err := cart.NewRegressor(cart.RegressorParams{Criterion: "squared_error", MaxRows: 10}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	good := learner.Dataset{X: mat.NewDense(2, 1, []float64{1, 2}), Y: []float64{1, 2}}
	if err := m.Fit(context.Background(), good); err != nil {
		t.Fatal(err)
	}
	bad := learner.Dataset{X: mat.NewDense(3, 1, []float64{1, 1.6e308, 1.7e308}), Y: []float64{1, 2, 4}}
	if err := m.Fit(context.Background(), bad); err == nil || !strings.Contains(err.Error(), "golearn's CART regressor failed") {
		t.Errorf("got error %v", err)
	}
	if got, err := m.Predict(context.Background(), good.X); err != nil || !slices.Equal(got, good.Y) {
		t.Errorf("%v, %v after a failed Fit", got, err)
	}
}
