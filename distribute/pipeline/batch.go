package pipeline

import (
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// Micros is the number of micro-batches of a batch of n rows if m are wanted: none is empty.
func Micros(n, m int) int { return max(1, min(n, m)) }

// Micro returns the rows [from, to) of a batch of n rows that are its micro-batch k of m.
func Micro(n, m, k int) (from, to int) { return k * n / m, (k + 1) * n / m }

// Batch is the rows of a step, as the stages use them.
type Batch struct {
	Data   learner.Dataset // where the rows are
	Rows   []int           // which of them, in order
	Micros int             // number of micro-batches
}

// NewBatch splits rows of data into m micro-batches, or as many as there are rows.
func NewBatch(data learner.Dataset, rows []int, m int) Batch {
	return Batch{Data: data, Rows: rows, Micros: Micros(len(rows), m)}
}

func (b Batch) micro(k int) []int {
	from, to := Micro(len(b.Rows), b.Micros, k)
	return b.Rows[from:to]
}

// ids are the global IDs of the rows of micro-batch k.
func (b Batch) ids(k int) []uint64 {
	rows := b.micro(k)
	ids := make([]uint64, len(rows))
	for i, r := range rows {
		ids[i] = b.Data.Row(r)
	}
	return ids
}

// x copies the features of micro-batch k.
func (b Batch) x(k int) *mat.Dense {
	rows := b.micro(k)
	_, cols := b.Data.X.Dims()
	x := mat.NewDense(len(rows), cols, nil)
	for i, r := range rows {
		copy(x.RawRowView(i), b.Data.X.RawRowView(r))
	}
	return x
}

// targets copies the targets and weights of micro-batch k; weights are nil if
// the data has none.
func (b Batch) targets(k int) (y, weights []float64) {
	for _, r := range b.micro(k) {
		y = append(y, b.Data.Y[r])
		if b.Data.Weights != nil {
			weights = append(weights, b.Data.Weights[r])
		}
	}
	return y, weights
}
