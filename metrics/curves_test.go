package metrics_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
)

// curves are those of scikit-learn 1.2.1; testdata/curves.py makes them.
type curves struct {
	Name         string
	Positive     []bool
	Score        []float64
	Weights      []float64
	FPR, TPR     []float64
	Thresholds   []float64
	AUC          float64
	Precision    []float64
	Recall       []float64
	PRThresholds []float64 `json:"pr_thresholds"`
	AP           float64   `json:"average_precision"`
	Brier        float64
	Calibration  []reliability
}

type reliability struct {
	Strategy metrics.Binning
	Bins     int
	True     []float64 `json:"prob_true"`
	Pred     []float64 `json:"prob_pred"`
}

func sklearnCurves(t *testing.T) []curves {
	t.Helper()
	text, err := os.ReadFile("testdata/curves.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []curves
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 10 {
		t.Fatalf("only %d cases", len(cases))
	}
	return cases
}

func TestCurvesAreThoseOfScikitLearn(t *testing.T) {
	for _, c := range sklearnCurves(t) {
		t.Run(c.Name, func(t *testing.T) {
			roc, err := metrics.NewROC(c.Positive, c.Score, c.Weights)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(metrics.ROC{FPR: c.FPR, TPR: c.TPR, Thresholds: c.Thresholds, AUC: c.AUC}, roc, nearly); diff != "" {
				t.Errorf("ROC: -want +got\n%s", diff)
			}
			pr, err := metrics.NewPrecisionRecall(c.Positive, c.Score, c.Weights)
			if err != nil {
				t.Fatal(err)
			}
			want := metrics.PrecisionRecall{Precision: c.Precision, Recall: c.Recall, Thresholds: c.PRThresholds, Average: c.AP}
			if diff := cmp.Diff(want, pr, nearly); diff != "" {
				t.Errorf("precision and recall: -want +got\n%s", diff)
			}
			for _, want := range c.Calibration {
				got, err := metrics.NewCalibration(c.Positive, c.Score, want.Bins, want.Strategy)
				if err != nil {
					t.Fatal(err)
				}
				rows := 0
				for _, n := range got.Rows {
					rows += n
				}
				if rows != len(c.Score) || len(got.Rows) != len(got.True) {
					t.Errorf("%s in %d bins: %v rows in the bins of %d", want.Strategy, want.Bins, got.Rows, len(c.Score))
				}
				diff := cmp.Diff(want, reliability{want.Strategy, want.Bins, got.True, got.Predicted}, nearly)
				if diff != "" || math.Abs(got.Brier-c.Brier) > 1e-12 {
					t.Errorf("%s in %d bins: Brier %v, want %v; -want +got\n%s", want.Strategy, want.Bins, got.Brier, c.Brier, diff)
				}
			}
		})
	}
}

// The area under the ROC curve is the share of pairs in order, ties counted half, and that of the reversed score is what is
// missing to 1; the average precision is the mean over the positive rows of the precision where each counts.
func TestCurvesAgreeWithTheirDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "rows")
		positive := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "positive")
		positive[0], positive[1] = true, false
		score := make([]float64, n)
		for i, v := range rapid.SliceOfN(rapid.IntRange(0, 8), n, n).Draw(t, "score") {
			score[i] = float64(v) / 8
		}
		var order, pairs, precisions, positives float64
		for i := range n {
			if !positive[i] {
				continue
			}
			positives++
			var as, found float64
			for j := range n {
				if score[j] >= score[i] {
					as++
					if positive[j] {
						found++
					}
				}
				if !positive[j] {
					pairs++
					switch {
					case score[i] > score[j]:
						order++
					case score[i] == score[j]:
						order += 0.5
					}
				}
			}
			precisions += found / as
		}
		roc, err := metrics.NewROC(positive, score, nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(roc.AUC-order/pairs) > 1e-12 {
			t.Fatalf("AUC %v, but %v of %v pairs are in order", roc.AUC, order, pairs)
		}
		pr, err := metrics.NewPrecisionRecall(positive, score, nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(pr.Average-precisions/positives) > 1e-12 {
			t.Fatalf("average precision %v, want %v", pr.Average, precisions/positives)
		}
		if !slices.IsSorted(roc.FPR) || !slices.IsSorted(roc.TPR) || !slices.IsSorted(pr.Thresholds) {
			t.Fatalf("not monotonic: %+v %+v", roc, pr)
		}
		for i := range score {
			score[i] = -score[i]
		}
		if back, err := metrics.NewROC(positive, score, nil); err != nil || math.Abs(back.AUC+roc.AUC-1) > 1e-12 {
			t.Fatalf("the reversed score has AUC %v, the score %v (%v)", back.AUC, roc.AUC, err)
		}
	})
}

func TestCurvesRefuseWhatHasNone(t *testing.T) {
	isData := func(name string, err error) {
		t.Helper()
		var data *learner.DataError
		if !errors.As(err, &data) {
			t.Errorf("%s: %v, want a *learner.DataError", name, err)
		}
	}
	for _, c := range []struct {
		name     string
		positive []bool
		score    []float64
		weights  []float64
		some     bool // a curve of precision and recall exists
	}{
		{"no rows", nil, nil, nil, false},
		{"another number of scores", []bool{true, false}, []float64{1}, nil, false},
		{"not a number", []bool{true, false}, []float64{1, math.NaN()}, nil, false},
		{"infinite", []bool{true, false}, []float64{1, math.Inf(1)}, nil, false},
		{"only positive rows", []bool{true, true}, []float64{1, 2}, nil, true},
		{"only negative rows", []bool{false, false}, []float64{1, 2}, nil, false},
		{"only positive rows with a weight", []bool{true, false}, []float64{1, 2}, []float64{1, 0}, true},
		{"a negative weight", []bool{true, false}, []float64{1, 2}, []float64{1, -1}, false},
	} {
		_, err := metrics.NewROC(c.positive, c.score, c.weights)
		isData(c.name, err)
		if _, err := metrics.NewPrecisionRecall(c.positive, c.score, c.weights); c.some {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		} else {
			isData(c.name, err)
		}
	}
	_, err := metrics.NewCalibration([]bool{true}, []float64{1.01}, 5, metrics.Uniform)
	isData("beyond 1", err)
	_, err = metrics.NewCalibration([]bool{true}, []float64{math.NaN()}, 5, metrics.Uniform)
	isData("NaN", err)
	for _, how := range []metrics.Binning{"", "even"} {
		if _, err := metrics.NewCalibration([]bool{true}, []float64{1}, 5, how); err == nil {
			t.Errorf("binning %q was taken", how)
		}
	}
	if _, err := metrics.NewCalibration([]bool{true}, []float64{1}, 0, metrics.Uniform); err == nil {
		t.Error("no bins were taken")
	}
}
