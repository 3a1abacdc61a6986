package knn

import (
	"context"
	"math"

	"github.com/gochimera/chimera/learner"
)

// index holds the training rows in the order in which they are searched.
type index struct {
	metric metric
	width  int     // values a stored row
	scale  float64 // a power of two; see prepare
	panels []panel // one row of width panels for every four slots; the last is filled up with zeros
	order  []int   // the training row of each slot
	tree   *tree   // nil for brute force
}

// newIndex stores n rows of width values, prepared, row-major. The error is ctx's.
func newIndex(ctx context.Context, p Params, prepared []float64, width int, scale float64) (*index, error) {
	n := len(prepared) / width
	x := &index{metric: newMetric(p), width: width, scale: scale, order: make([]int, n)}
	for i := range x.order {
		x.order[i] = i
	}
	poll := learner.NewPoll(ctx, pollBudget)
	if p.Algorithm == kdTree || p.Algorithm == auto && useTree(n, width) {
		var err error
		if x.tree, err = newTree(poll, prepared, width, x.order, p.LeafSize); err != nil {
			return nil, err
		}
	}
	x.panels = make([]panel, (n+lanes-1)/lanes*width)
	for slot, row := range x.order {
		if err := poll.Work(width); err != nil {
			return nil, err
		}
		into := x.panels[slot/lanes*width:][:width]
		for j, v := range prepared[row*width:][:width] {
			into[j][slot%lanes] = v
		}
	}
	return x, nil
}

// rows writes the prepared rows in the order of the training set, row-major.
func (x *index) rows() []float64 {
	prepared := make([]float64, len(x.order)*x.width)
	for slot, row := range x.order {
		from := x.panels[slot/lanes*x.width:][:x.width]
		for j := range from {
			prepared[row*x.width+j] = from[j][slot%lanes]
		}
	}
	return prepared
}

// preparedWidth is how many values a prepared row has: see prepare.
func (m metric) preparedWidth(cols int) int {
	if m.unit {
		return cols + 1
	}
	return cols
}

// prepare writes the row that is measured. It is the row times a power of
// two, which is exact and keeps squares from overflowing; distances are only
// ever compared with each other. If only directions count, it is the unit vector and a
// last value of 0; a row of zeros gets a last value of 1, so that it is as far
// from all others as a right angle is.
func (m metric) prepare(dst, row []float64, scale float64) {
	if !m.unit {
		for j, v := range row {
			dst[j] = v * scale
		}
		return
	}
	var most, sum float64
	for _, v := range row {
		most = max(most, math.Abs(v))
	}
	if most == 0 {
		clear(dst)
		dst[len(row)] = 1
		return
	}
	for j, v := range row {
		dst[j] = v / most
		sum += float64(dst[j] * dst[j])
	}
	norm := math.Sqrt(sum)
	for j := range row {
		dst[j] /= norm
	}
	dst[len(row)] = 0
}

// scaleFor is the power of two that brings the largest value below 1.
func scaleFor(most float64) float64 {
	_, exponent := math.Frexp(most)
	return math.Ldexp(1, -max(exponent, -1000)) // beyond that the scale itself would overflow
}
