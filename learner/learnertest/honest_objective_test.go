package learnertest

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// slopes turns outputs into the gradient of the summed loss by them.
func (m *honest) slopes(out *mat.Dense, d learner.Dataset) (loss, weight float64) {
	for i := range d.Y {
		row, w := out.RawRowView(i), d.Weight(i)
		weight += w
		if m.task == learner.Regression {
			r := row[0] - d.Y[i]
			loss += w * r * r / 2
			row[0] = w * r
			continue
		}
		softmax(row)
		c := int(d.Y[i])
		loss -= w * math.Log(max(row[c], 1e-300))
		row[c]--
		for j := range row {
			row[j] *= w
		}
	}
	return loss, weight
}

// decide is the target, or the class with the largest score, of each row.
func (m *honest) decide(scores *mat.Dense) []float64 {
	rows, _ := scores.Dims()
	y := make([]float64, rows)
	for i := range y {
		row := scores.RawRowView(i)
		if m.task == learner.Regression {
			y[i] = row[0]
			continue
		}
		for c, v := range row {
			if v > row[int(y[i])] {
				y[i] = float64(c)
			}
		}
	}
	return y
}

// shares turns scores into probabilities.
func shares(scores *mat.Dense) *mat.Dense {
	rows, _ := scores.Dims()
	for i := range rows {
		softmax(scores.RawRowView(i))
	}
	return scores
}

func (m *honest) OutputLoss(out *mat.Dense, y, weights []float64, dOut *mat.Dense) (lossSum, weight float64, err error) {
	if rows, _ := out.Dims(); rows != len(y) {
		return 0, 0, errors.New("other targets than rows")
	}
	dOut.Copy(out)
	lossSum, weight = m.slopes(dOut, learner.Dataset{Y: y, Weights: weights})
	return lossSum, weight, nil
}

func (m *honest) OutputAnswers(out *mat.Dense) (predicted []float64, proba *mat.Dense, err error) {
	return m.decide(out), nil, nil
}

func (m *honestClassifier) OutputAnswers(out *mat.Dense) (predicted []float64, proba *mat.Dense, err error) {
	return m.decide(out), shares(mat.DenseCopyOf(out)), nil
}

var _ learner.Objective = (*honestClassifier)(nil)
