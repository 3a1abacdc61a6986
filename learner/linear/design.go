package linear

import (
	"context"
	"math"

	"github.com/gochimera/chimera/learner"
)

// design is the matrix whose least-squares problem is solved, without ever
// being held whole: for each row
//
//	sqrt(weight) * [1, (x - shift) * scale ..., (y - shift) * scale]
//
// without the 1 if there is no intercept. The shifts are the columns' means, or
// 0 without an intercept; centring before any product is formed keeps the
// digits that the means would eat. The scales are powers of two, so scaling is
// exact; they keep products of very large and very small columns within range.
type design struct {
	data      learner.Dataset
	intercept bool
	features  int
	columns   int       // of the matrix: 1 if intercept, features, 1 for y
	shift     []float64 // one per feature, then y's; already scaled
	scale     []float64 // one per feature, then y's; 0 for a column that is constant
	rows      int       // that weigh more than 0
	weight    float64   // their sum
}

// newDesign looks over the data once for its shifts and scales.
func newDesign(ctx context.Context, d learner.Dataset, intercept bool, procs int) (*design, error) {
	_, features := d.X.Dims()
	g := &design{data: d, intercept: intercept, features: features, columns: features + 1}
	if intercept {
		g.columns++
	}
	m, err := momentsOf(ctx, d, procs)
	if err != nil {
		return nil, err
	}
	g.rows, g.weight = m.rows, m.weight
	g.shift, g.scale = m.mean, make([]float64, features+1)
	for j := range g.shift {
		spread := m.high[j]/2 - m.low[j]/2
		if !intercept {
			g.shift[j], spread = 0, max(math.Abs(m.high[j]), math.Abs(m.low[j]))
		}
		if spread == 0 {
			if intercept { // the mean may be a bit off
				g.shift[j] = m.low[j]
			}
			continue
		}
		_, exponent := math.Frexp(spread)
		g.scale[j] = math.Ldexp(1, -min(max(exponent, -1000), 1000))
		g.shift[j] *= g.scale[j]
	}
	return g, nil
}

// centre is feature j's shift (or, for j = features, y's) on its own scale.
func (g *design) centre(j int) float64 {
	if g.scale[j] == 0 {
		return g.shift[j]
	}
	return g.shift[j] / g.scale[j]
}

const (
	// panelRows is how many rows a panel holds: few enough to stay in cache.
	panelRows = 256
	// panelStride separates the columns of a panel; it is not a power of two,
	// which would put all columns into the same few sets of the cache.
	panelStride = panelRows + 8
)

// panel is a run of rows of the design matrix, column by column.
type panel []float64

func (g *design) newPanel() panel { return make(panel, g.columns*panelStride) }

// fill writes the data's rows [from, to), at most panelRows of them, into p,
// and returns how many have weight.
func (g *design) fill(p panel, from, to int) (rows int) {
	raw := g.data.X.RawMatrix()
	features := g.features
	first := 0
	if g.intercept {
		first = panelStride
	}
	shift, scale := g.shift[:features], g.scale[:features]
	yShift, yScale := g.shift[features], g.scale[features]
	for i := from; i < to; i++ {
		w := 1.0
		if g.data.Weights != nil {
			if w = math.Sqrt(g.data.Weights[i]); w == 0 {
				continue
			}
		}
		if g.intercept {
			p[rows] = w
		}
		at := first + rows
		for j, v := range raw.Data[i*raw.Stride : i*raw.Stride+features] {
			z := v*scale[j] - shift[j]
			if scale[j] == 0 {
				z = 0
			}
			p[at] = z * w
			at += panelStride
		}
		z := g.data.Y[i]*yScale - yShift
		if yScale == 0 {
			z = 0
		}
		p[at] = z * w
		rows++
	}
	return rows
}
