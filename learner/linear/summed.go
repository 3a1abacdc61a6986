package linear

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
)

// rowLoss is the loss of rows given their scores: it replaces each score by
// the derivative of the weighted loss by it and returns the sum of the losses.
// scores holds panelRows values per output, output after output, of which the
// first len(y) are used.
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
	err = overChunks(ctx, raw.Rows, s.procs, func(slot, from, to int) {
		if parts[slot] == nil {
			parts[slot] = &part{scores: make([]float64, s.outputs*panelRows), by: functions{coef: make([]float64, s.outputs*d), intercept: make([]float64, s.outputs)}}
		}
		p := parts[slot]
		p.loss, p.weight = 0, 0
		clear(p.by.coef)
		clear(p.by.intercept)
		for ; from < to; from += panelRows {
			n := min(panelRows, to-from)
			x := blas64.General{Rows: n, Cols: d, Stride: raw.Stride, Data: raw.Data[from*raw.Stride:]}
			for o := range s.outputs {
				score := p.scores[o*panelRows : o*panelRows+n]
				for i := range score {
					score[i] = f.intercept[o]
				}
				blas64.Gemv(blas.NoTrans, 1, x, blas64.Vector{N: d, Inc: 1, Data: f.coef[o*d : (o+1)*d]}, 1, blas64.Vector{N: n, Inc: 1, Data: score})
			}
			y, weights := p.y[:n], p.weights[:n]
			for i := range y {
				class := int(s.data.Y[from+i])
				y[i], weights[i] = float64(class), s.data.Weight(from+i)
				p.weight += weights[i]
				if s.class != nil {
					y[i] = s.class[class]
				}
				if s.factor != nil {
					weights[i] *= s.factor[class]
				}
			}
			p.loss += s.loss(p.scores, y, weights)
			for o := range s.outputs {
				slope := p.scores[o*panelRows : o*panelRows+n]
				blas64.Gemv(blas.Trans, 1, x, blas64.Vector{N: n, Inc: 1, Data: slope}, 1, blas64.Vector{N: d, Inc: 1, Data: p.by.coef[o*d : (o+1)*d]})
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
