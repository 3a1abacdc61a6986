package tree

import "math"

// plan is what all builders of one tree share. It is not written while they
// work.
type plan struct {
	Growth
	table             *Table
	outputs           int     // numbers that a node predicts
	minSplit, minLeaf int64   // weight that a node to be split, and each side of a split, must have, in fixed point
	least             float64 // decrease of the weighted sum of impurities that a split must reach, in the evidence's units
	leaf              float64 // cost of a leaf, likewise

	sorted []int // features

	// Where the coded columns lie in a histogram.
	coded   []int // features
	offsets [][chunk]int
	binary  []bool // by group: its columns have two values and none missing
	size    int    // of a histogram, without the room behind it
	width   int    // of a bin
}

func newPlan(t *Table, g Growth, e evidence, w *fixed) *plan {
	p := &plan{Growth: g, table: t, outputs: max(t.classes, 1), width: e.width(), offsets: make([][chunk]int, len(t.codes))}
	p.least, p.leaf = p.share(g.MinImpurityDecrease, e, w), p.share(g.CCPAlpha, e, w)
	if g.MinSamplesLeaf > 1 {
		p.minLeaf = w.limit(g.MinSamplesLeaf)
	}
	if g.MinSamplesSplit > 2 {
		p.minSplit = w.limit(g.MinSamplesSplit)
	}
	p.minSplit = max(p.minSplit, 2*p.minLeaf)
	p.coded = t.coded
	for j, f := range p.coded {
		p.offsets[j/chunk][j%chunk] = p.size
		p.size += t.columns[f].bins() * p.width
	}
	for f := range t.columns {
		if t.columns[f].sorted >= 0 {
			p.sorted = append(p.sorted, f)
		}
	}
	p.binary = make([]bool, len(t.codes))
	for g := range p.binary {
		p.binary[g] = true
		for _, f := range p.coded[g*chunk : g*chunk+p.group(g)] {
			p.binary[g] = p.binary[g] && t.columns[f].binary()
		}
	}
	for j := len(p.coded); j < chunk*len(t.codes); j++ {
		p.offsets[j/chunk][j%chunk] = p.size
	}
	return p
}

// share turns an impurity, taken over all rows, into the evidence's units.
func (p *plan) share(impurity float64, e evidence, w *fixed) float64 {
	return math.Ldexp(impurity*float64(w.total), -w.exp-e.exponent())
}

// group is the number of columns in group g of codes.
func (p *plan) group(g int) int { return min(len(p.coded)-g*chunk, chunk) }

// draws says whether a node looks at some features only, or at random
// thresholds.
func (p *plan) draws() bool { return p.RandomThresholds || p.MaxFeatures < len(p.table.columns) }

// inOrder says whether a node is searched row by row, in the order of a feature's values: medians cannot be had from
// the sums in bins.
func (p *plan) inOrder() bool { return p.Criterion == AbsoluteError }
