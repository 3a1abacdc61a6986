package linear

import (
	"context"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner"
)

// rowLoss is the loss of rows given their scores: it replaces each score by
// the derivative of the weighted loss by it and returns the sum of the losses.
// scores holds panelRows values per output, output after output, of which the
// first len(y) are used. No weights are weights of 1.
type rowLoss func(scores, y, weights []float64) float64

// summed is the sum of a loss over the rows of a data set as a function of
// linear functions' parameters.
type summed struct {
	data    learner.Dataset
	loss    rowLoss
	class   []float64 // what the loss knows each class as; nil for its index
	factor  []float64 // multiplies the weights of each class; nil for 1
	outputs int
	procs   int
}

// at sums up the losses at f, and their derivatives by f's coefficients and
// intercepts into by. weight is the sum of the rows' weights, whatever factor says.
func (s summed) at(ctx context.Context, f, by functions) (loss, weight float64, err error) {
	type part struct {
		by           functions
		loss, weight float64
		scores       []float64
		y, weights   [panelRows]float64
	}
	clear(by.coef)
	clear(by.intercept)
	parts := make([]*part, s.procs)
	raw := s.data.X.RawMatrix()
	d := f.features
	step := cachedRows(d)
	err = overChunks(ctx, raw.Rows, s.procs, func(slot, from, to int) {
		if parts[slot] == nil {
			parts[slot] = &part{scores: make([]float64, s.outputs*panelRows), by: functions{coef: make([]float64, s.outputs*d), intercept: make([]float64, s.outputs)}}
		}
		p := parts[slot]
		p.loss, p.weight = 0, 0
		clear(p.by.coef)
		clear(p.by.intercept)
		for ; from < to; from += step {
			n := min(step, to-from)
			x := blas64.General{Rows: n, Cols: d, Stride: raw.Stride, Data: raw.Data[from*raw.Stride:]}
			for o := range s.outputs {
				kernel.Dots(p.scores[o*panelRows:o*panelRows+n], x, f.coef[o*d:(o+1)*d], f.intercept[o])
			}
			y, weights, weight := s.rows(from, n, &p.y, &p.weights)
			p.weight += weight
			p.loss += s.loss(p.scores, y, weights)
			for o := range s.outputs {
				slope := p.scores[o*panelRows : o*panelRows+n]
				kernel.AddRows(p.by.coef[o*d:(o+1)*d], x, slope)
				p.by.intercept[o] += floats.Sum(slope)
			}
		}
	}, func(slot int) {
		p := parts[slot]
		loss += p.loss
		weight += p.weight
		floats.Add(by.coef, p.by.coef)
		floats.Add(by.intercept, p.by.intercept)
	})
	return loss, weight, err
}

// rows is n rows' classes as the loss knows them and their weights, nil for 1
// each, from the given row on; weight is the sum of the weights as they are in the data.
func (s summed) rows(from, n int, classes, weighed *[panelRows]float64) (y, weights []float64, weight float64) {
	y = s.data.Y[from : from+n]
	if s.class != nil {
		for i, class := range y {
			classes[i] = s.class[int(class)]
		}
	}
	switch {
	case s.data.Weights != nil:
		weights = s.data.Weights[from : from+n]
		weight = floats.Sum(weights)
	default:
		weight = float64(n)
	}
	if s.factor != nil {
		for i, class := range y {
			weighed[i] = s.factor[int(class)] * s.data.Weight(from+i)
		}
		weights = weighed[:n]
	}
	if s.class != nil {
		y = classes[:n]
	}
	return y, weights, weight
}

// cachedRows is how many rows of a data set are gone over twice while they
// stay in the first-level cache: at most panelRows, and a multiple of four.
func cachedRows(features int) int {
	const values = 2048
	return min(max(values/features, 16), panelRows) / 4 * 4
}
