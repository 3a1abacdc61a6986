package metrics_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
)

var nearly = cmpopts.EquateApprox(1e-12, 1e-12)

func ptr(v float64) *float64 { return &v }

func TestClassification(t *testing.T) {
	ab := []learner.Label{"a", "b"}
	abc := []learner.Label{"a", "b", "c"}
	for _, c := range []struct {
		name         string
		y, predicted []float64
		proba        *mat.Dense
		classes      []learner.Label
		weights      []float64
		want         metrics.Classification
	}{
		{
			// a: 2 of 3 right, b: 1 of 2 right. F1: a 4/6, b 2/4.
			name: "two classes without probabilities",
			y:    []float64{0, 0, 0, 1, 1}, predicted: []float64{0, 0, 1, 1, 0}, classes: ab,
			want: metrics.Classification{
				Rows: 5, Accuracy: 3.0 / 5, BalancedAccuracy: (2.0/3 + 1.0/2) / 2, MacroF1: (4.0/6 + 2.0/4) / 2,
				Baseline: 3.0 / 5, Classes: ab, Confusion: [][]float64{{2, 1}, {1, 1}},
			},
		},
		{
			// Positive scores 0.9, 0.4; negative 0.4, 0.2, 0.1. Of the 6 pairs 5 are in order and 1 is a tie: AUC 5.5/6.
			name: "two classes with probabilities",
			y:    []float64{0, 0, 0, 1, 1}, predicted: []float64{0, 0, 0, 1, 0}, classes: ab,
			proba: mat.NewDense(5, 2, []float64{0.9, 0.1, 0.8, 0.2, 0.6, 0.4, 0.1, 0.9, 0.6, 0.4}),
			want: metrics.Classification{
				Rows: 5, Accuracy: 4.0 / 5, BalancedAccuracy: (1 + 1.0/2) / 2, MacroF1: (6.0/7 + 2.0/3) / 2,
				ROCAUC: ptr(5.5 / 6), LogLoss: ptr(-math.Log(0.9*0.8*0.6*0.9*0.4) / 5),
				Baseline: 3.0 / 5, Classes: ab, Confusion: [][]float64{{3, 0}, {1, 1}},
			},
		},
		{
			// The rows of the previous case, with the last one counted twice and the first one not at all.
			name: "weights",
			y:    []float64{0, 0, 0, 1, 1}, predicted: []float64{0, 0, 0, 1, 0}, classes: ab, weights: []float64{0, 1, 1, 1, 2},
			proba: mat.NewDense(5, 2, []float64{0.9, 0.1, 0.8, 0.2, 0.6, 0.4, 0.1, 0.9, 0.6, 0.4}),
			want: metrics.Classification{
				Rows: 5, Accuracy: 3.0 / 5, BalancedAccuracy: (1 + 1.0/3) / 2, MacroF1: (4.0/6 + 2.0/4) / 2,
				// 3 positives by 2 negatives: 0.9 beats both; 0.4, twice, beats one and ties with one.
				ROCAUC: ptr((2 + 2*1.5) / 6), LogLoss: ptr(-math.Log(0.8*0.6*0.9*0.4*0.4) / 5),
				Baseline: 3.0 / 5, Classes: ab, Confusion: [][]float64{{2, 0}, {2, 1}},
			},
		},
		{
			// c never occurs and is predicted once: its F1 is 0, and its recall is undefined.
			name: "a class that only occurs in predictions",
			y:    []float64{0, 1}, predicted: []float64{0, 2}, classes: abc,
			proba: mat.NewDense(2, 3, []float64{1, 0, 0, 0.25, 0.25, 0.5}),
			want: metrics.Classification{
				Rows: 2, Accuracy: 0.5, BalancedAccuracy: 0.5, MacroF1: (1.0 + 0 + 0) / 3,
				LogLoss:  ptr(-math.Log(0.25*(1-0x1p-52)) / 2),
				Baseline: 0.5, Classes: abc, Confusion: [][]float64{{1, 0, 0}, {0, 0, 1}, {0, 0, 0}},
			},
		},
		{
			name: "sure and wrong",
			y:    []float64{0}, predicted: []float64{1}, classes: ab, proba: mat.NewDense(1, 2, []float64{0, 1}),
			want: metrics.Classification{
				Rows: 1, Accuracy: 0, BalancedAccuracy: 0, MacroF1: 0, LogLoss: ptr(52 * math.Ln2),
				Baseline: 1, Classes: ab, Confusion: [][]float64{{0, 1}, {0, 0}},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := metrics.NewClassification(c.y, c.predicted, c.proba, c.classes, c.weights)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, nearly); diff != "" {
				t.Error(diff)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Error(err)
			}
		})
	}
}

// The area under the curve is the Mann-Whitney statistic, computed pair by pair.
func TestROCAUCIsMannWhitney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 30).Draw(t, "rows")
		y, predicted, weights, proba := make([]float64, n), make([]float64, n), make([]float64, n), mat.NewDense(n, 2, nil)
		for i := range n {
			y[i] = float64(rapid.IntRange(0, 1).Draw(t, "class"))
			weights[i] = float64(rapid.IntRange(1, 3).Draw(t, "weight"))
			p := float64(rapid.IntRange(0, 8).Draw(t, "score")) / 8 // few values, many ties
			proba.SetRow(i, []float64{1 - p, p})
		}
		y[0], y[1] = 0, 1
		var want, pairs float64
		for i := range n {
			for j := range n {
				if y[i] != 1 || y[j] != 0 {
					continue
				}
				w := weights[i] * weights[j]
				pairs += w
				switch a, b := proba.At(i, 1), proba.At(j, 1); {
				case a > b:
					want += w
				case a == b:
					want += w / 2
				}
			}
		}
		got, err := metrics.NewClassification(y, predicted, proba, []learner.Label{"0", "1"}, weights)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(*got.ROCAUC-want/pairs) > 1e-12 {
			t.Fatalf("ROC AUC %v, the pairs say %v", *got.ROCAUC, want/pairs)
		}
	})
}

func TestRegression(t *testing.T) {
	for _, c := range []struct {
		name                  string
		y, predicted, weights []float64
		want                  metrics.Regression
	}{
		// Mean 2.875; residuals 0.5, -0.5, 0, -1; total sum of squares 29.1875.
		{"scikit-learn's example", []float64{3, -0.5, 2, 7}, []float64{2.5, 0, 2, 8}, nil, metrics.Regression{
			Rows: 4, R2: 1 - 1.5/29.1875, MSE: 1.5 / 4, MAE: 0.5, Baseline: 29.1875 / 4,
		}},
		{"weights", []float64{1, 3, 100}, []float64{1, 2, 0}, []float64{1, 1, 0}, metrics.Regression{Rows: 3, R2: 0.5, MSE: 0.5, MAE: 0.5, Baseline: 1}},
		{"the mean", []float64{1, 2, 3}, []float64{2, 2, 2}, nil, metrics.Regression{Rows: 3, R2: 0, MSE: 2.0 / 3, MAE: 2.0 / 3, Baseline: 2.0 / 3}},
		{"constant target, right", []float64{0.1, 0.1, 0.1}, []float64{0.1, 0.1, 0.1}, nil, metrics.Regression{Rows: 3, R2: 1}},
		{"constant target, wrong", []float64{2, 2}, []float64{2, 3}, nil, metrics.Regression{Rows: 2, R2: 0, MSE: 0.5, MAE: 0.5}},
		{"one row", []float64{2}, []float64{4}, nil, metrics.Regression{Rows: 1, R2: 0, MSE: 4, MAE: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := metrics.NewRegression(c.y, c.predicted, c.weights)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, nearly); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A weight of k is equivalent to repeating the row k times.
func TestWeightsAreRepeatedRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "rows")
		var y, predicted, weights, longY, longPredicted []float64
		for range n {
			a, b := float64(rapid.IntRange(0, 2).Draw(t, "y")), float64(rapid.IntRange(0, 2).Draw(t, "predicted"))
			k := rapid.IntRange(1, 4).Draw(t, "weight")
			y, predicted, weights = append(y, a), append(predicted, b), append(weights, float64(k))
			for range k {
				longY, longPredicted = append(longY, a), append(longPredicted, b)
			}
		}
		classes := []learner.Label{"a", "b", "c"}
		c1, err1 := metrics.NewClassification(y, predicted, nil, classes, weights)
		c2, err2 := metrics.NewClassification(longY, longPredicted, nil, classes, nil)
		r1, err3 := metrics.NewRegression(y, predicted, weights)
		r2, err4 := metrics.NewRegression(longY, longPredicted, nil)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
		c1.Rows, r1.Rows = c2.Rows, r2.Rows
		if diff := cmp.Diff(c2, c1, nearly) + cmp.Diff(r2, r1, nearly); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestBaselines(t *testing.T) {
	if got := metrics.Majority([]float64{2, 1, 1, 2, 0}, nil, 3); got != 1 {
		t.Errorf("the lowest of two majorities is 1, got %d", got)
	}
	if got := metrics.Majority([]float64{0, 0, 1}, []float64{1, 1, 3}, 2); got != 1 {
		t.Errorf("the weighted majority is 1, got %d", got)
	}
	if got := metrics.Mean([]float64{1, 5}, []float64{3, 1}); got != 2 {
		t.Errorf("the weighted mean is 2, got %v", got)
	}
	if got := metrics.Mean(nil, nil); !math.IsNaN(got) {
		t.Errorf("the mean of nothing is NaN, got %v", got)
	}
}

func TestBadInputIsADataError(t *testing.T) {
	nan := math.NaN()
	ab := []learner.Label{"a", "b"}
	one := []float64{1}
	classify := func(y, predicted []float64, proba *mat.Dense, weights []float64) error {
		_, err := metrics.NewClassification(y, predicted, proba, ab, weights)
		return err
	}
	regress := func(y, predicted, weights []float64) error {
		_, err := metrics.NewRegression(y, predicted, weights)
		return err
	}
	for name, err := range map[string]error{
		"no rows":                  classify(nil, nil, nil, nil),
		"fewer predictions":        classify([]float64{1, 0}, one, nil, nil),
		"fewer weights":            classify([]float64{1, 0}, []float64{1, 0}, nil, one),
		"negative weight":          classify(one, one, nil, []float64{-1}),
		"weight NaN":               regress(one, one, []float64{nan}),
		"no weight at all":         regress(one, one, []float64{0}),
		"class of no index":        classify([]float64{2}, one, nil, nil),
		"class NaN":                classify(one, []float64{nan}, nil, nil),
		"class between two":        classify([]float64{0.5}, one, nil, nil),
		"probabilities of one row": classify([]float64{1, 0}, []float64{1, 0}, mat.NewDense(1, 2, nil), nil),
		"three probabilities":      classify(one, one, mat.NewDense(1, 3, nil), nil),
		"probability NaN":          classify(one, one, mat.NewDense(1, 2, []float64{0, nan}), nil),
		"probability above 1":      classify(one, one, mat.NewDense(1, 2, []float64{0, 1.5}), nil),
		"prediction NaN":           regress(one, []float64{nan}, nil),
		"prediction infinite":      regress(one, []float64{math.Inf(1)}, nil),
		"squares overflow":         regress(one, []float64{1e200}, nil),
	} {
		var data *learner.DataError
		if !errors.As(err, &data) {
			t.Errorf("%s: got %v, want a DataError", name, err)
		}
	}
}

func ExampleNewClassification() {
	y := []float64{0, 0, 1, 1}         // indices into classes
	predicted := []float64{0, 1, 1, 1} // indices into classes
	m, err := metrics.NewClassification(y, predicted, nil, []learner.Label{"no", "yes"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("accuracy %.2f, always the majority %.2f, confusion %v\n", m.Accuracy, m.Baseline, m.Confusion)
	// Output: accuracy 0.75, always the majority 0.50, confusion [[1 1] [0 2]]
}

func TestHeldOutR2(t *testing.T) {
	all := []float64{1, 3, 5, 7, 100}
	allWeights := []float64{1, 1, 1, 1, 0} // a variance of 5
	for _, tt := range []struct {
		name                  string
		y, predicted, weights []float64
		all                   []float64
		want                  float64
	}{
		{"targets that differ", []float64{1, 2, 3}, []float64{1, 2, 2}, nil, all, 0.5},
		{"one row", []float64{2}, []float64{4}, nil, all, 1 - 4.0/5},
		{"one row, closer", []float64{2}, []float64{3}, nil, all, 1 - 1.0/5},
		{"one row, right", []float64{2}, []float64{2}, nil, all, 1},
		{"constant target with weights", []float64{2, 2, 2}, []float64{3, 2, 9}, []float64{3, 1, 0}, all, 1 - 0.75/5},
		{"nothing that differs", []float64{2, 2}, []float64{2, 4}, nil, []float64{2, 2, 2, 2, 2}, 1 - 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := metrics.HeldOutR2(tt.y, tt.predicted, tt.weights, tt.all, allWeights); math.Abs(got-tt.want) > 1e-15 {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func ExampleNewRegression() {
	m, err := metrics.NewRegression([]float64{1, 2, 3}, []float64{1, 2, 4}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("R2 %.2f, mean absolute error %.2f\n", m.R2, m.MAE)
	// Output: R2 0.50, mean absolute error 0.33
}
