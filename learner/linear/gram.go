package linear

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/kernel"
)

// gram is the product of the design matrix's transpose with itself, columns x
// columns. Memory is columns^2 per thread, whatever the number of rows.
//
// Rows are scaled a few at a time, row by row as the data is, and multiplied while they are in the
// cache. There the column of ones comes last.
func (g *design) gram(ctx context.Context, procs int) (*mat.SymDense, error) {
	p := g.columns
	width := (p + kernel.GramWidth - 1) / kernel.GramWidth * kernel.GramWidth
	step := cachedRows(width)
	scale, shift := g.rowScaling()
	sums := make([][]float64, procs)
	panels := make([][]float64, procs)
	total := make([]float64, width*width)
	err := overChunks(ctx, g.data.Len(), procs, func(slot, from, to int) {
		if panels[slot] == nil {
			panels[slot], sums[slot] = make([]float64, step*width), make([]float64, width*width)
		}
		clear(sums[slot])
		for ; from < to; from += step {
			rows := g.fillRows(panels[slot], width, scale, shift, from, min(from+step, to))
			kernel.Gram(sums[slot], panels[slot][:rows*width], width)
		}
	}, func(slot int) { floats.Add(total, sums[slot]) })
	if err != nil {
		return nil, err
	}
	first := 0
	if g.intercept {
		first = 1
	}
	gram := mat.NewSymDense(p, nil)
	for i := range p {
		for j := i; j < p; j++ {
			gram.SetSym((i+first)%p, (j+first)%p, total[i*width+j])
		}
	}
	return gram, nil
}

// rowScaling is scale and shift as fillRows takes them: columns without a scale become 0.
func (g *design) rowScaling() (scale, shift []float64) {
	scale, shift = g.scale[:g.features], make([]float64, g.features)
	for j := range shift {
		if scale[j] != 0 {
			shift[j] = g.shift[j]
		}
	}
	return scale, shift
}

// fillRows writes the data's rows [from, to) that have weight into panel, width values each:
// features, target, the 1 of the intercept if there is one, and zeros, which are there already. It
// returns how many there are.
func (g *design) fillRows(panel []float64, width int, scale, shift []float64, from, to int) (rows int) {
	features := g.features
	yShift, yScale := g.shift[features], g.scale[features]
	if yScale == 0 {
		yShift = 0
	}
	raw := g.data.X.RawMatrix()
	for i := from; i < to; i++ {
		w := 1.0
		if g.data.Weights != nil {
			if w = math.Sqrt(g.data.Weights[i]); w == 0 {
				continue
			}
		}
		into := panel[rows*width:][:g.columns]
		kernel.ScaleRow(into[:features], raw.Data[i*raw.Stride:][:features], scale, shift)
		into[features] = float64(g.data.Y[i]*yScale) - yShift
		if w != 1 {
			floats.Scale(w, into[:features+1])
		}
		if g.intercept {
			into[features+1] = w
		}
		rows++
	}
	return rows
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
