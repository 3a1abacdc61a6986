package linear

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// gram is the product of the design matrix's transpose with itself, columns x
// columns. Memory is columns^2 per thread, whatever the number of rows.
//
// A panel is multiplied column by column as a matrix times a vector: on the
// upper triangle only, and faster than gonum's symmetric rank-k update.
func (g *design) gram(ctx context.Context, procs int) (*mat.SymDense, error) {
	p := g.columns
	sums := make([][]float64, procs)
	panels := make([]panel, procs)
	total := make([]float64, p*p)
	err := overChunks(ctx, g.data.Len(), procs, func(slot, from, to int) {
		if panels[slot] == nil {
			panels[slot], sums[slot] = g.newPanel(), make([]float64, p*p)
		}
		sum, panel := sums[slot], panels[slot]
		clear(sum)
		for ; from < to; from += panelRows {
			rows := g.fill(panel, from, min(from+panelRows, to))
			if rows == 0 {
				continue
			}
			for j := range p {
				blas64.Gemv(blas.NoTrans, 1,
					blas64.General{Rows: p - j, Cols: rows, Stride: panelStride, Data: panel[j*panelStride:]},
					blas64.Vector{N: rows, Inc: 1, Data: panel[j*panelStride:]},
					1, blas64.Vector{N: p - j, Inc: 1, Data: sum[j*p+j:]})
			}
		}
	}, func(slot int) { floats.Add(total, sums[slot]) })
	if err != nil {
		return nil, err
	}
	return mat.NewSymDense(p, total), nil
}

// normal is the normal equations of the features, the intercept eliminated:
// a b = c. yy is the sum of squares of the (centred) targets.
type normal struct {
	a  *mat.SymDense // features x features
	c  []float64     // one per feature
	yy float64
}

// normal eliminates the intercept's column from a Gram matrix. Since the
// columns are centred nearly to zero already, nothing cancels.
func (g *design) normal(gram *mat.SymDense) normal {
	d, first := g.features, 0
	if g.intercept {
		first = 1
	}
	value := func(i, j int) float64 {
		v := gram.At(i+first, j+first)
		if g.intercept {
			v -= gram.At(0, i+first) * gram.At(0, j+first) / gram.At(0, 0)
		}
		return v
	}
	n := normal{a: mat.NewSymDense(d, nil), c: make([]float64, d), yy: value(d, d)}
	for i := range d {
		for j := i; j < d; j++ {
			n.a.SetSym(i, j, value(i, j))
		}
		n.c[i] = value(i, d)
	}
	return n
}
