package metrics

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/integrate"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// ROC is the receiver operating characteristic of a score: what happens at each threshold from which on a row
// counts as positive. Thresholds decrease; the first is above all scores, so that the curve begins at (0, 0).
// Rows with one score lie on one side of every threshold. Points between two others on a straight line are left out.
type ROC struct {
	FPR        []float64 `json:"fpr" nullable:"false" doc:"Share of the negative rows that count as positive."`
	TPR        []float64 `json:"tpr" nullable:"false" doc:"Share of the positive rows that count as positive."`
	Thresholds []float64 `json:"thresholds" nullable:"false"`
	AUC        float64   `json:"auc" doc:"Area under the curve: how probably a positive row has a higher score than a negative one, ties counted half."`
}

// NewROC makes the curve of the scores of some rows, one score a row. weights has one number per row; nil means 1 for
// each. The error is a *learner.DataError if the rows do not fit together, a score is not finite, or all
// rows, but for those of weight 0, are positive, or none is: then there is no curve.
func NewROC(positive []bool, score, weights []float64) (ROC, error) {
	steps, err := newSteps(positive, score, weights)
	if err != nil {
		return ROC{}, err
	}
	negatives, positives := steps.totals()
	if negatives == 0 || positives == 0 {
		return ROC{}, &learner.DataError{Row: -1, Column: -1, Reason: "the rows are all of one kind: a ROC curve needs positive and negative ones"}
	}
	n := len(steps.score)
	r := ROC{FPR: []float64{0}, TPR: []float64{0}, Thresholds: []float64{steps.score[0] + 1}}
	fpr, tpr := []float64{0}, []float64{0} // all points
	for i := range n {
		x, y := steps.negative[i]/negatives, steps.positive[i]/positives
		fpr, tpr = append(fpr, x), append(tpr, y)
		if i == 0 || i == n-1 || steps.corner(i) {
			r.FPR, r.TPR, r.Thresholds = append(r.FPR, x), append(r.TPR, y), append(r.Thresholds, steps.score[i])
		}
	}
	r.AUC = integrate.Trapezoidal(fpr, tpr)
	return r, nil
}

// PrecisionRecall are precision and recall of a score at each threshold from which on a row counts as positive.
// Thresholds increase, so that recall does not; one more point ends the curve at recall 0 and precision 1.
type PrecisionRecall struct {
	Precision  []float64 `json:"precision" nullable:"false" doc:"Share of the rows that count as positive that are; one more than thresholds."`
	Recall     []float64 `json:"recall" nullable:"false" doc:"Share of the positive rows that count as positive; one more than thresholds."`
	Thresholds []float64 `json:"thresholds" nullable:"false"`
	Average    float64   `json:"average_precision" doc:"Mean of the precisions, by how much recall increases at each."`
}

// NewPrecisionRecall makes the curve of the scores of some rows, as NewROC does; it needs a positive row.
func NewPrecisionRecall(positive []bool, score, weights []float64) (PrecisionRecall, error) {
	steps, err := newSteps(positive, score, weights)
	if err != nil {
		return PrecisionRecall{}, err
	}
	_, positives := steps.totals()
	if positives == 0 {
		return PrecisionRecall{}, &learner.DataError{Row: -1, Column: -1, Reason: "no row is positive: recall is not defined"}
	}
	var p PrecisionRecall
	var before float64
	for i, found := range steps.positive {
		precision, recall := found/(found+steps.negative[i]), found/positives
		p.Precision, p.Recall = append(p.Precision, precision), append(p.Recall, recall)
		p.Average += (recall - before) * precision
		before = recall
	}
	p.Thresholds = steps.score
	for _, list := range [][]float64{p.Precision, p.Recall, p.Thresholds} {
		slices.Reverse(list)
	}
	p.Precision, p.Recall = append(p.Precision, 1), append(p.Recall, 0)
	return p, nil
}

// steps count rows whose score is at least that of the step; one step a distinct score, from the highest down.
type steps struct {
	score              []float64
	positive, negative []float64 // total weight of such rows
}

func newSteps(positive []bool, score, weights []float64) (*steps, error) {
	y := make([]float64, len(positive))
	for i, p := range positive {
		if p {
			y[i] = 1
		}
	}
	if err := checkRows(y, score, weights); err != nil {
		return nil, err
	}
	if i := numeric.FirstNotFinite(score); i >= 0 {
		return nil, &learner.DataError{Row: i, Column: -1, Name: "score", Reason: fmt.Sprintf("%v is no score: want a finite number", score[i])}
	}
	var order []int
	for i := range y {
		if weight(weights, i) > 0 { // a row of weight 0 makes no step
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case score[a] > score[b]:
			return -1
		case score[a] < score[b]:
			return 1
		default:
			return 0
		}
	})
	s := &steps{}
	var found, wrong float64
	for at, i := range order {
		if w := weight(weights, i); positive[i] {
			found += w
		} else {
			wrong += w
		}
		if at+1 < len(order) && score[order[at+1]] == score[i] {
			continue
		}
		s.score, s.positive, s.negative = append(s.score, score[i]), append(s.positive, found), append(s.negative, wrong)
	}
	return s, nil
}

// totals are the weights of all negative and of all positive rows.
func (s *steps) totals() (negatives, positives float64) {
	last := len(s.score) - 1
	return s.negative[last], s.positive[last]
}

// corner reports whether step i, which is neither the first nor the last, does not lie halfway between its neighbours.
func (s *steps) corner(i int) bool {
	bent := func(v []float64) bool { return (v[i+1]-v[i])-(v[i]-v[i-1]) != 0 }
	return bent(s.positive) || bent(s.negative)
}
