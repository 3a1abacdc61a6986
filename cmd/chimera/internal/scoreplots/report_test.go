package scoreplots

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
)

var uniform = Options{Bins: 5, Binning: metrics.Uniform}

// classified is a score of some rows with these probabilities, and the prediction behind it.
func classified(t *testing.T, classes []learner.Label, proba *mat.Dense, truth []learner.Label) (*client.Score, *client.Prediction) {
	t.Helper()
	rows, _ := proba.Dims()
	y, predicted := make([]float64, rows), make([]float64, rows)
	for i := range rows {
		y[i] = float64(max(slices.Index(classes, truth[i]), 0))
		row := proba.RawRowView(i)
		predicted[i] = float64(slices.Index(row, slices.Max(row)))
	}
	m, err := metrics.NewClassification(y, predicted, proba, classes, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client.Score{FitID: "f", Rows: rows, Classification: &m}, &client.Prediction{FitID: "f", Proba: api.NewProbaRows(proba), Classes: classes}
}

// written checks that a report writes these files: well-formed SVG, and the numbers, which it returns.
func written(t *testing.T, r *Report, want ...string) Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new", "plots")
	names, err := r.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	slices.Sort(names)
	if want = append(want, "scores.json"); !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, ".svg") {
			continue
		}
		d := xml.NewDecoder(strings.NewReader(string(text)))
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) || len(text) < 1000 || strings.Contains(string(text), "NaN") {
			t.Errorf("%s is not drawn: %v, %d bytes", name, err, len(text))
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "scores.json"))
	var back Report
	if err == nil {
		err = json.Unmarshal(text, &back)
	}
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func TestOfTwoClassesTheSecondIsDrawn(t *testing.T) {
	classes, truth := []learner.Label{"no", "yes"}, []learner.Label{"no", "no", "yes", "yes"}
	proba := mat.NewDense(4, 2, []float64{0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8})
	score, p := classified(t, classes, proba, truth)
	r, err := NewReport(score, p, truth, uniform)
	if err != nil {
		t.Fatal(err)
	}
	// 3 of 4 pairs are in order; precisions are 1 and 2/3 where recall grows; the Brier score is the mean of 0.01, 0.16, 0.4225, 0.04.
	back := written(t, r, "confusion_matrix.svg", "roc.svg", "precision_recall.svg", "calibration.svg")
	if len(back.Classes) != 1 || back.Classes[0].Class != "yes" || back.Classes[0].Rows != 2 || back.MacroAUC != nil {
		t.Fatalf("%+v", back)
	}
	c := back.Classes[0]
	if math.Abs(c.ROC.AUC-0.75) > 1e-12 || math.Abs(c.PrecisionRecall.Average-(1+2.0/3)/2) > 1e-12 || math.Abs(c.Calibration.Brier-0.6325/4) > 1e-12 {
		t.Errorf("AUC %v, average precision %v, Brier %v", c.ROC.AUC, c.PrecisionRecall.Average, c.Calibration.Brier)
	}
	if math.Abs(*score.Classification.ROCAUC-c.ROC.AUC) > 1e-12 {
		t.Errorf("the master's AUC is %v, the curve's %v", *score.Classification.ROCAUC, c.ROC.AUC)
	}
}

func TestEachOfManyClassesAgainstAllOthers(t *testing.T) {
	var classes, truth []learner.Label
	n := 24 // more than have lines or numbers
	for k := range n {
		classes = append(classes, learner.NumberLabel(float64(k)))
	}
	proba := mat.NewDense(3*n, n, nil)
	for i := range 3 * n {
		truth = append(truth, classes[i%n])
		for k := range n {
			proba.Set(i, k, 0.5/float64(n))
		}
		proba.Set(i, (i+i/n)%n, 0.5+0.5/float64(n)) // right for the first third
	}
	truth[n-1] = "new" // a label that the model does not know
	score, p := classified(t, classes, proba, truth)
	r, err := NewReport(score, p, truth, Options{Bins: 4, Binning: metrics.Quantile})
	if err != nil {
		t.Fatal(err)
	}
	back := written(t, r, "confusion_matrix.svg", "roc.svg", "precision_recall.svg", "calibration.svg")
	if len(back.Classes) != n || back.MacroAUC == nil {
		t.Fatalf("%d classes", len(back.Classes))
	}
	var sum float64
	for _, c := range back.Classes {
		sum += c.ROC.AUC / float64(n)
	}
	if math.Abs(sum-*back.MacroAUC) > 1e-12 || back.Classes[n-1].Rows != 2 {
		t.Errorf("macro AUC %v, want %v", *back.MacroAUC, sum)
	}
}

func TestAClassWithoutRowsHasNoCurves(t *testing.T) {
	classes, truth := []learner.Label{"a", "b", "c"}, []learner.Label{"a", "b", "b"}
	score, p := classified(t, classes, mat.NewDense(3, 3, []float64{0.8, 0.1, 0.1, 0.2, 0.7, 0.1, 0.3, 0.4, 0.3}), truth)
	r, err := NewReport(score, p, truth, uniform)
	if err != nil || len(r.Classes) != 2 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "class c: no row is of it") {
		t.Fatalf("%+v, %v", r, err)
	}
	truth = []learner.Label{"b", "b", "b"}
	score, p = classified(t, classes, mat.NewDense(3, 3, []float64{0.8, 0.1, 0.1, 0.2, 0.7, 0.1, 0.3, 0.4, 0.3}), truth)
	if r, err = NewReport(score, p, truth, uniform); err != nil || len(r.Notes) != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	written(t, r, "confusion_matrix.svg")
}

func TestResiduals(t *testing.T) {
	truth, predicted := []learner.Label{"1", "2", "4"}, []float64{1, 3, 3}
	m, err := metrics.NewRegression([]float64{1, 2, 4}, predicted, nil)
	if err != nil {
		t.Fatal(err)
	}
	score, p := &client.Score{FitID: "f", Regression: &m}, &client.Prediction{FitID: "f", Y: api.YRows{Values: predicted}}
	r, err := NewReport(score, p, truth, uniform)
	if err != nil {
		t.Fatal(err)
	}
	back := written(t, r, "predicted.svg", "residuals.svg") // residuals are 0, -1, 1
	if s := back.Regression; s == nil || s.Mean != 0 || math.Abs(s.Std-math.Sqrt(2.0/3)) > 1e-12 || !slices.Equal(s.Predicted, predicted) {
		t.Errorf("%+v", back.Regression)
	}
	if _, err := NewReport(score, &client.Prediction{FitID: "g"}, truth, uniform); err == nil || !strings.Contains(err.Error(), "the model changed") {
		t.Error(err)
	}
	failed := &client.Prediction{FitID: "f", Failures: []client.WorkerFailure{{Worker: "w1"}}}
	if _, err := NewReport(score, failed, truth, uniform); err == nil || !strings.Contains(err.Error(), "score again") {
		t.Error(err)
	}
	if _, err := NewReport(score, p, truth[:2], uniform); err == nil || !strings.Contains(err.Error(), "3 values for 2 rows") {
		t.Error(err)
	}
}

// Long curves are thinned, and keep their ends; areas are of all points.
func TestLongCurvesAreThinned(t *testing.T) {
	n := 20_000
	proba, truth := mat.NewDense(n, 2, nil), make([]learner.Label, n)
	random := learner.NewRand(1)
	for i := range n {
		v := random.Float64()
		proba.SetRow(i, []float64{1 - v, v})
		truth[i] = "0"
		if random.Float64() < v {
			truth[i] = "1"
		}
	}
	score, p := classified(t, []learner.Label{"0", "1"}, proba, truth)
	r, err := NewReport(score, p, truth, uniform)
	if err != nil {
		t.Fatal(err)
	}
	c := r.Classes[0]
	if len(c.ROC.FPR) > mostPoints || c.ROC.FPR[0] != 0 || c.ROC.TPR[len(c.ROC.TPR)-1] != 1 || len(c.PrecisionRecall.Recall) != mostPoints ||
		c.PrecisionRecall.Recall[mostPoints-1] != 0 {
		t.Errorf("%d and %d points", len(c.ROC.FPR), len(c.PrecisionRecall.Recall))
	}
	if math.Abs(c.ROC.AUC-*score.Classification.ROCAUC) > 1e-12 || math.Abs(c.ROC.AUC-5.0/6) > 0.01 { // of such rows it is 5/6
		t.Errorf("AUC %v", c.ROC.AUC)
	}
	for i, v := range c.Calibration.True { // they are calibrated by the way they are drawn
		if math.Abs(v-c.Calibration.Predicted[i]) > 0.04 {
			t.Errorf("bin %d: %v of %v", i, v, c.Calibration.Predicted[i])
		}
	}
}
