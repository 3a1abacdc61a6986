package linear

import (
	"context"

	"gonum.org/v1/gonum/blas/blas64"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner"
)

// moments sums up the columns of some rows, the targets' last. Rows that weigh
// nothing do not count.
type moments struct {
	mean, low, high []float64
	rows            int
	weight          float64
}

func newMoments(columns int) *moments {
	return &moments{mean: make([]float64, columns), low: make([]float64, columns), high: make([]float64, columns)}
}

// momentsOf sums up all of the data. The means are formed such that they
// cannot overflow where the values do not.
func momentsOf(ctx context.Context, d learner.Dataset, procs int) (*moments, error) {
	_, features := d.X.Dims()
	total := newMoments(features + 1)
	parts := make([]*moments, procs)
	err := overChunks(ctx, d.Len(), procs, func(slot, from, to int) {
		parts[slot] = newMoments(features + 1)
		parts[slot].add(d, from, to)
	}, func(slot int) { total.merge(parts[slot]) })
	return total, err
}

// add takes in the rows [from, to); it is for empty moments.
func (m *moments) add(d learner.Dataset, from, to int) {
	if d.Weights == nil {
		m.addAll(d, from, to)
		return
	}
	raw := d.X.RawMatrix()
	last := len(m.mean) - 1
	for i := from; i < to; i++ {
		m.weight += d.Weight(i)
	}
	for i := from; i < to; i++ {
		w := d.Weight(i)
		if w == 0 {
			continue
		}
		row := raw.Data[i*raw.Stride : i*raw.Stride+last]
		if m.rows == 0 {
			copy(m.low, row)
			copy(m.high, row)
			m.low[last], m.high[last] = d.Y[i], d.Y[i]
		}
		m.rows++
		share := w / m.weight
		mean, low, high := m.mean[:len(row)], m.low[:len(row)], m.high[:len(row)]
		for j, v := range row {
			mean[j] += float64(share * v)
			if v < low[j] {
				low[j] = v
			}
			if v > high[j] {
				high[j] = v
			}
		}
		m.mean[last] += float64(share * d.Y[i])
		m.low[last], m.high[last] = min(m.low[last], d.Y[i]), max(m.high[last], d.Y[i])
	}
}

// addAll is add for rows that weigh 1 each, with the same bits.
func (m *moments) addAll(d learner.Dataset, from, to int) {
	raw := d.X.RawMatrix()
	last := len(m.mean) - 1
	m.rows, m.weight = to-from, float64(to-from)
	if m.rows == 0 {
		return
	}
	mean, low, high := m.mean[:last], m.low[:last], m.high[:last]
	copy(low, raw.Data[from*raw.Stride:])
	copy(high, raw.Data[from*raw.Stride:])
	var shares [panelRows]float64
	for i := range shares {
		shares[i] = 1 / m.weight
	}
	step := cachedRows(last)
	for at := from; at < to; at += step {
		x := blas64.General{Rows: min(step, to-at), Cols: last, Stride: raw.Stride, Data: raw.Data[at*raw.Stride:]}
		kernel.AddRows(mean, x, shares[:x.Rows])
		kernel.Bounds(low, high, x)
	}
	m.low[last], m.high[last] = d.Y[from], d.Y[from]
	for _, y := range d.Y[from:to] {
		m.mean[last] += float64(shares[0] * y)
		m.low[last], m.high[last] = min(m.low[last], y), max(m.high[last], y)
	}
}

// merge takes in other rows' moments.
func (m *moments) merge(other *moments) {
	if other.rows == 0 {
		return
	}
	if m.rows == 0 {
		*m = *other
		return
	}
	m.rows += other.rows
	m.weight += other.weight
	share := other.weight / m.weight
	for j, v := range other.mean {
		m.mean[j] = (1-share)*m.mean[j] + share*v
		m.low[j] = min(m.low[j], other.low[j])
		m.high[j] = max(m.high[j], other.high[j])
	}
}
