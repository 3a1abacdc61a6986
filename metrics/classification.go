package metrics

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/learner"
)

// Classification says how well a classifier did on some rows.
type Classification struct {
	Rows             int             `json:"rows"`
	Accuracy         float64         `json:"accuracy" doc:"Share of the rows that are right."`
	BalancedAccuracy float64         `json:"balanced_accuracy" doc:"Mean of the recalls of the classes that occur."`
	MacroF1          float64         `json:"macro_f1" doc:"Mean of the F1 scores of the classes that occur or were predicted."`
	ROCAUC           *float64        `json:"roc_auc,omitzero" doc:"Area under the ROC curve; for two classes that both occur."`
	LogLoss          *float64        `json:"log_loss,omitzero" doc:"Mean of -log of the true class's probability, in nats."`
	Baseline         float64         `json:"baseline" doc:"Accuracy of always answering the most frequent class of these rows."`
	Classes          []learner.Label `json:"classes" nullable:"false"`
	Confusion        [][]float64     `json:"confusion_matrix" nullable:"false" doc:"Rows (their weights) by true class and predicted class."`
}

// NewClassification compares class indices, one per row, with the truth. proba is
// rows x len(classes) and may be nil, which leaves out what needs
// probabilities; weights has one number per row, or is nil for 1 each. Input that
// does not fit together is a *learner.DataError.
func NewClassification(y, predicted []float64, proba *mat.Dense, classes []learner.Label, weights []float64) (Classification, error) {
	if err := checkRows(y, predicted, weights); err != nil {
		return Classification{}, err
	}
	for i := range y {
		for _, c := range []struct {
			name  string
			index float64
		}{{"y", y[i]}, {"predicted", predicted[i]}} {
			if c.index != math.Trunc(c.index) || c.index < 0 || c.index >= float64(len(classes)) {
				return Classification{}, &learner.DataError{
					Row: i, Column: -1, Name: c.name,
					Reason: fmt.Sprintf("class index %v is not one of 0 to %d", c.index, len(classes)-1),
				}
			}
		}
	}
	if err := checkProba(proba, len(y), len(classes)); err != nil {
		return Classification{}, err
	}
	confusion := confusionMatrix(y, predicted, weights, len(classes))
	out := Classification{
		Rows: len(y), Classes: classes, Confusion: confusion,
		Accuracy:         Accuracy(y, predicted, weights),
		BalancedAccuracy: balancedAccuracy(confusion),
		MacroF1:          macroF1(confusion),
	}
	var total, most float64
	for _, row := range confusion {
		support := sum(row)
		total += support
		most = max(most, support)
	}
	out.Baseline = most / total
	if proba == nil {
		return out, nil
	}
	loss := logLoss(y, proba, weights)
	out.LogLoss = &loss
	if len(classes) == 2 && sum(confusion[0]) > 0 && sum(confusion[1]) > 0 {
		auc := rocAUC(y, mat.Col(nil, 1, proba), weights)
		out.ROCAUC = &auc
	}
	return out, nil
}

// Accuracy is the share of the rows whose class index is right. weights may be
// nil. It is NaN without rows.
func Accuracy(y, predicted, weights []float64) float64 {
	var right, total float64
	for i := range y {
		w := weight(weights, i)
		if y[i] == predicted[i] {
			right += w
		}
		total += w
	}
	return right / total
}

// Majority is the most frequent class index of y, the lowest of several;
// weights may be nil. It is what a classifier that learns nothing answers.
func Majority(y, weights []float64, classes int) int {
	support := make([]float64, classes)
	for i, c := range y {
		support[int(c)] += weight(weights, i)
	}
	return slices.Index(support, slices.Max(support))
}

// confusionMatrix is classes x classes: the weight of the rows of a true class
// that were predicted as another.
func confusionMatrix(y, predicted, weights []float64, classes int) [][]float64 {
	m := make([][]float64, classes)
	for c := range m {
		m[c] = make([]float64, classes)
	}
	for i := range y {
		m[int(y[i])][int(predicted[i])] += weight(weights, i)
	}
	return m
}

func balancedAccuracy(confusion [][]float64) float64 {
	var recalls, present float64
	for c, row := range confusion {
		if support := sum(row); support > 0 {
			recalls += row[c] / support
			present++
		}
	}
	return recalls / present
}

func macroF1(confusion [][]float64) float64 {
	var scores, present float64
	for c, row := range confusion {
		var predicted float64
		for _, other := range confusion {
			predicted += other[c]
		}
		if both := sum(row) + predicted; both > 0 {
			scores += 2 * row[c] / both
			present++
		}
	}
	return scores / present
}

// rocAUC is the area under the receiver operating characteristic of the score
// of class 1: the chance that a row of class 1 scores higher than one of class
// 0, ties counted half. It sorts score in place.
func rocAUC(y, score, weights []float64) float64 {
	positive, w := make([]bool, len(y)), make([]float64, len(y))
	for i := range y {
		positive[i], w[i] = y[i] == 1, weight(weights, i)
	}
	stat.SortWeightedLabeled(score, positive, w)
	tpr, fpr, _ := stat.ROC(nil, score, positive, w)
	return integrate.Trapezoidal(fpr, tpr)
}

// logLoss clips probabilities at the distance of 1 to its neighbour, as
// scikit-learn does, so that a sure and wrong answer costs 36, not infinity.
func logLoss(y []float64, proba *mat.Dense, weights []float64) float64 {
	const epsilon = 0x1p-52
	var loss, total float64
	for i, c := range y {
		w := weight(weights, i)
		loss -= w * math.Log(min(max(proba.At(i, int(c)), epsilon), 1-epsilon))
		total += w
	}
	return loss / total
}
