package linear

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// triangle is an upper triangular factor R of a tall matrix A = QR that is seen
// a block of rows at a time: R of the rows so far and R of the next block, one
// above the other, have the same R as all those rows (Demmel, Grigori, Hoemmen,
// Langou 2012, sequential TSQR). Householder reflections are as exact as if all
// rows were there at once.
type triangle struct {
	columns int
	stack   blas64.General // R on top, then room for a block
	tau     []float64
	work    []float64
}

func newTriangle(columns, block int) *triangle {
	rows := columns + block
	t := &triangle{
		columns: columns,
		stack:   blas64.General{Rows: rows, Cols: columns, Stride: columns, Data: make([]float64, rows*columns)},
		tau:     make([]float64, columns),
	}
	size := []float64{0}
	lapack64.Geqrf(t.stack, t.tau, size, -1)
	t.work = make([]float64, int(size[0]))
	return t
}

// room is where the next block's row i goes.
func (t *triangle) room(i int) []float64 {
	at := (t.columns + i) * t.columns
	return t.stack.Data[at : at+t.columns]
}

// absorb takes in the first rows rows of the room.
func (t *triangle) absorb(rows int) {
	if rows == 0 {
		return
	}
	part := t.stack
	part.Rows = t.columns + rows
	lapack64.Geqrf(part, t.tau, t.work, len(t.work))
	for i := range part.Rows {
		clear(part.Data[i*t.columns : i*t.columns+min(i, t.columns)])
	}
}

// top is row i of R.
func (t *triangle) top(i int) []float64 { return t.stack.Data[i*t.columns : (i+1)*t.columns] }

// triangle is R of the design matrix.
func (g *design) triangle(ctx context.Context, procs int) (*triangle, error) {
	p := g.columns
	block := max(panelRows, 2*p)
	total := newTriangle(p, p)
	parts := make([]*triangle, procs)
	panels := make([]panel, procs)
	err := overChunks(ctx, g.data.Len(), procs, func(slot, from, to int) {
		if parts[slot] == nil {
			panels[slot], parts[slot] = g.newPanel(), newTriangle(p, block)
		}
		part, panel := parts[slot], panels[slot]
		clear(part.stack.Data)
		filled := 0
		for ; from < to; from += panelRows {
			rows := g.fill(panel, from, min(from+panelRows, to))
			for i := range rows {
				row := part.room(filled)
				for j := range row {
					row[j] = panel[j*panelStride+i]
				}
				if filled++; filled == block {
					part.absorb(filled)
					filled = 0
				}
			}
		}
		part.absorb(filled)
	}, func(slot int) {
		for i := range p {
			copy(total.room(i), parts[slot].top(i))
		}
		total.absorb(p)
	})
	return total, err
}

// penalised is R of the features and targets alone, the intercept projected
// out, below which a row of sqrt(penalty) for each feature was absorbed.
func (g *design) penalised(t *triangle, penalty []float64) (r *mat.Dense, c []float64) {
	d, first := g.features, 0
	if g.intercept {
		first = 1
	}
	s := newTriangle(d+1, max(d+1, d))
	for i := range d + 1 {
		copy(s.top(i), t.top(i + first)[first:])
	}
	if slices.Max(penalty) > 0 {
		for j, v := range penalty {
			row := s.room(j)
			clear(row)
			row[j] = math.Sqrt(v)
		}
		s.absorb(d)
	}
	r, c = mat.NewDense(d, d, nil), make([]float64, d)
	for i := range d {
		copy(r.RawRowView(i), s.top(i)[:d])
		c[i] = s.top(i)[d]
	}
	return r, c
}

// minimumNorm solves min |r b - c| for the r of n rows; if several b do, for
// the one of least norm when its j-th value is multiplied by unit[j]. rank is
// that of r.
//
// Whether columns are dependent is decided with all of them scaled to length
// 1, so that it does not hang on the units of the features.
func minimumNorm(r *mat.Dense, c, unit []float64, n int) (b []float64, rank int) {
	_, d := r.Dims()
	length := make([]float64, d)
	scaled := mat.DenseCopyOf(r)
	for j := range d {
		length[j] = mat.Norm(r.ColView(j), 2)
		for i := range d {
			if length[j] > 0 {
				scaled.Set(i, j, r.At(i, j)/length[j])
			}
		}
	}
	b = make([]float64, d)
	var svd mat.SVD
	if !svd.Factorize(scaled, mat.SVDThin) {
		return b, 0
	}
	values := svd.Values(nil)
	limit := 8 * machineEpsilon * (float64(d) + math.Sqrt(float64(n))) * values[0]
	for rank < d && values[rank] > limit {
		rank++
	}
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	for k := range rank {
		dot := mat.Dot(u.ColView(k), mat.NewVecDense(d, c)) / values[k]
		for j := range d {
			b[j] += dot * v.At(j, k)
		}
	}
	for j := range b {
		if length[j] == 0 {
			b[j] = 0
			continue
		}
		b[j] *= unit[j] / length[j]
	}
	if rank == d {
		return b, rank
	}
	// Take away from b its part in the directions that r does not see.
	unseen := mat.NewDense(d, d-rank, nil)
	for k := rank; k < d; k++ {
		for j := range d {
			if length[j] > 0 {
				unseen.Set(j, k-rank, v.At(j, k)*unit[j]/length[j])
			} else {
				unseen.Set(j, k-rank, v.At(j, k))
			}
		}
	}
	var qr mat.QR
	qr.Factorize(unseen)
	var q mat.Dense
	qr.QTo(&q)
	for k := range d - rank {
		dot := mat.Dot(q.ColView(k), mat.NewVecDense(d, b))
		for j := range d {
			b[j] -= dot * q.At(j, k)
		}
	}
	return b, rank
}

const machineEpsilon = 0x1p-52
