package scoreplots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
)

// Options say how probabilities are put into bins.
type Options struct {
	Bins    int
	Binning metrics.Binning
}

// mostPoints is how many points of a curve, or rows of a scatter plot, are kept; numbers such as areas are of all.
const mostPoints = 1000

// Report are the numbers behind the pictures, as scores.json has them.
type Report struct {
	FitID      string        `json:"fit_id,omitempty"`
	Score      *client.Score `json:"score"`
	Classes    []Curves      `json:"classes,omitempty"` // each against all others; of two classes the second
	MacroAUC   *float64      `json:"macro_roc_auc,omitempty"`
	Regression *Residuals    `json:"residuals,omitempty"`
	Notes      []string      `json:"notes,omitempty"`
}

// Curves are those of one class against all others.
type Curves struct {
	Class           learner.Label            `json:"class"`
	Rows            int                      `json:"rows"` // of the class
	ROC             *metrics.ROC             `json:"roc"`
	PrecisionRecall *metrics.PrecisionRecall `json:"precision_recall"`
	Calibration     *metrics.Calibration     `json:"calibration"`
}

// Residuals are what is true minus what was predicted.
type Residuals struct {
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"`

	Predicted []float64 `json:"predicted"` // of at most 1000 rows, evenly spread
	True      []float64 `json:"true"`
}

// NewReport compares predictions with the truth, one label a row. score is that of the same rows.
func NewReport(score *client.Score, p *client.Prediction, truth []learner.Label, o Options) (*Report, error) {
	if score.FitID != p.FitID {
		return nil, fmt.Errorf("the model changed between two requests (fit %s, then %s): score again", score.FitID, p.FitID)
	}
	if len(score.Failures) != len(p.Failures) {
		return nil, fmt.Errorf("a worker has failed or come back between two requests (%d failures, then %d): score again", len(score.Failures), len(p.Failures))
	}
	r := &Report{FitID: p.FitID, Score: score}
	if score.Classification == nil {
		return r, r.addResiduals(p, truth)
	}
	if p.Proba.Dense == nil {
		return nil, fmt.Errorf("the master answered without probabilities")
	}
	if rows, classes := p.Proba.Dims(); rows != len(truth) || classes != len(p.Classes) {
		return nil, fmt.Errorf("the master answered with %d x %d probabilities for %d rows and %d classes", rows, classes, len(truth), len(p.Classes))
	}
	first := 0
	if len(p.Classes) == 2 {
		first = 1
	}
	var areas float64
	for k := first; k < len(p.Classes); k++ {
		c, err := r.curves(p.Classes[k], mat.Col(nil, k, p.Proba), truth, o)
		if err != nil {
			return nil, err
		}
		if c == nil {
			continue
		}
		areas += c.ROC.AUC
		r.Classes = append(r.Classes, *c)
	}
	if n := len(r.Classes); n > 1 {
		mean := areas / float64(n)
		r.MacroAUC = &mean
	}
	return r, nil
}

// curves are those of one class; nil, with a note, if the rows are all of it, or none is.
func (r *Report) curves(class learner.Label, proba []float64, truth []learner.Label, o Options) (*Curves, error) {
	positive, n := make([]bool, len(truth)), 0
	for i, label := range truth {
		if positive[i] = learner.IndexLabel([]learner.Label{class}, label) == 0; positive[i] {
			n++
		}
	}
	if n == 0 || n == len(truth) {
		which := "no row is"
		if n > 0 {
			which = "all rows are"
		}
		r.Notes = append(r.Notes, fmt.Sprintf("There are no curves of class %s: %s of it.", class, which))
		return nil, nil
	}
	for i, v := range proba { // as the master takes them: up to the rounding of a sum
		proba[i] = min(max(v, 0), 1)
	}
	roc, err := metrics.NewROC(positive, proba, nil)
	if err != nil {
		return nil, err
	}
	pr, err := metrics.NewPrecisionRecall(positive, proba, nil)
	if err != nil {
		return nil, err
	}
	calibration, err := metrics.NewCalibration(positive, proba, o.Bins, o.Binning)
	if err != nil {
		return nil, err
	}
	for _, list := range []*[]float64{&roc.FPR, &roc.TPR, &roc.Thresholds, &pr.Precision, &pr.Recall, &pr.Thresholds} {
		*list = thinned(*list)
	}
	return &Curves{Class: class, Rows: n, ROC: &roc, PrecisionRecall: &pr, Calibration: &calibration}, nil
}

// thinned keeps at most mostPoints values, evenly spread, with the first and the last.
func thinned(values []float64) []float64 {
	if len(values) <= mostPoints {
		return values
	}
	kept := make([]float64, mostPoints)
	for i := range kept {
		kept[i] = values[i*(len(values)-1)/(mostPoints-1)]
	}
	return kept
}

func (r *Report) addResiduals(p *client.Prediction, truth []learner.Label) error {
	predicted := []float64(p.Y.Values)
	if len(predicted) != len(truth) {
		return fmt.Errorf("the master answered with %d values for %d rows", len(predicted), len(truth))
	}
	y := make([]float64, len(truth))
	s := &Residuals{}
	for i, label := range truth {
		v, ok := label.Target()
		if !ok {
			return fmt.Errorf("target %d is %q, which is no number", i+1, label)
		}
		y[i] = v
		s.Mean += (v - predicted[i]) / float64(len(y))
	}
	for i := range y {
		s.Std += (y[i] - predicted[i] - s.Mean) * (y[i] - predicted[i] - s.Mean) / float64(len(y))
	}
	s.Std = math.Sqrt(s.Std)
	s.Predicted, s.True = thinned(slices.Clone(predicted)), thinned(y)
	r.Regression = s
	return nil
}
