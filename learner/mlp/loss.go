package mlp

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/numeric"
)

// outputLoss is a loss of a network's output.
type outputLoss interface {
	// sum writes the gradient by out of the summed loss into dOut and returns
	// the sum. Both are rows x outputs; weights may be nil.
	sum(out *mat.Dense, y, weights []float64, dOut *mat.Dense) float64
}

func weightOf(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

// crossEntropy is -log of the probability that softmax gives the row's class.
type crossEntropy struct{}

func (crossEntropy) sum(out *mat.Dense, y, weights []float64, dOut *mat.Dense) float64 {
	var sum float64
	for i, class := range y {
		w := weightOf(weights, i)
		scores, d := out.RawRowView(i), dOut.RawRowView(i)
		copy(d, scores)
		logSum := numeric.SoftmaxLogSum(d)
		sum += w * (logSum - scores[int(class)])
		d[int(class)]--
		for j := range d {
			d[j] *= w
		}
	}
	return sum
}

// perTarget is a loss of one output against the row's target.
type perTarget struct{ loss loss.Loss }

func (l perTarget) sum(out *mat.Dense, y, weights []float64, dOut *mat.Dense) float64 {
	var sum float64
	for i, target := range y {
		w := weightOf(weights, i)
		value, slope := l.loss.At(out.At(i, 0), target)
		sum += w * value
		dOut.Set(i, 0, w*slope)
	}
	return sum
}

// answers turns outputs into predictions and, for classification, into
// probabilities.
func answers(task learner.Task, out *mat.Dense) (predicted []float64, proba *mat.Dense, err error) {
	rows, cols := out.Dims()
	predicted = make([]float64, rows)
	if task == learner.Classification {
		proba = mat.NewDense(rows, cols, nil)
	}
	for i := range predicted {
		scores := out.RawRowView(i)
		if j := numeric.FirstNotFinite(scores); j >= 0 {
			return nil, nil, &learner.DataError{Row: i, Column: -1, Reason: fmt.Sprintf("the network answers %v: the row's values are too large for it", scores[j])}
		}
		if proba == nil {
			predicted[i] = scores[0]
			continue
		}
		p := proba.RawRowView(i)
		copy(p, scores)
		numeric.Softmax(p)
		predicted[i] = float64(numeric.ArgMax(scores))
	}
	return predicted, proba, nil
}
