package kernel

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas64"
)

const (
	// innerBlock bounds how much of the inner dimension is packed at once: a
	// panel of the second factor must stay in the first-level cache.
	innerBlock = 256
	// rowBlock and columnBlock bound the packed parts of the first and the
	// second factor; both must stay in the second-level cache.
	rowBlock    = 128
	columnBlock = 480
	// worthAThread is how many multiplications make up for starting a thread.
	worthAThread = 1 << 20
)

// A tiling computes one tile of mr x nr elements from a packed panel of each
// factor: c (rows ldc apart) becomes, or with add gains, the sum over k of
// a[k*mr+i] * b[k*nr+j].
type tiling struct {
	mr, nr int
	tile   func(k int, a, b, c []float64, ldc int, add bool)
	// rows is tile from mr rows of the first factor, lda apart, that are not
	// packed: row i has its k values at a[i*lda]. nil where packing is better.
	rows func(k int, a []float64, lda int, b, c []float64, ldc int, add bool)
	// lay copies k groups of width values, mr or nr, which are stride apart, so
	// that they lie one after another.
	lay func(k, width int, from []float64, stride int, to []float64)
	// weave copies the first k values of four rows, which are stride apart: the
	// four of each k one after another, width from those of the next.
	weave func(k, width int, from []float64, stride int, to []float64)
}

// Workspace holds the memory that products need, so that thousands of them
// need no more than one. It is for use by one goroutine at a time.
type Workspace struct {
	// Team has the threads; nil to start them for each product.
	Team *Team

	tiling tiling
	slots  []slot    // one per thread
	left   []float32 // the first factor, packed in single precision
}

type slot struct {
	a, b []float64 // packed panels
	tile []float64 // where tiles at the edge are computed

	right []float32 // a panel in single precision
}

// NewWorkspace is for products on up to procs threads; less than 1 means 1.
func NewWorkspace(procs int) *Workspace { return newWorkspace(procs, fastest()) }

func newWorkspace(procs int, k tiling) *Workspace {
	w := &Workspace{tiling: k, slots: make([]slot, max(procs, 1))}
	for i := range w.slots {
		w.slots[i].tile = make([]float64, max(k.mr*k.nr, singleRows*singleColumns))
	}
	return w
}

// Factor is a matrix, or its transpose, as a factor of a product.
type Factor struct {
	blas64.General
	Trans bool
}

// Of is m as a factor.
func Of(m blas64.General) Factor { return Factor{General: m} }

// T is the transpose of m as a factor.
func T(m blas64.General) Factor { return Factor{General: m, Trans: true} }

func (f Factor) dims() (rows, cols int) {
	if f.Trans {
		return f.Cols, f.Rows
	}
	return f.Rows, f.Cols
}

// Mul computes dst = a b, or with add dst += a b. dst must not overlap a or b.
// Shapes that do not fit are a programmer's mistake, and panic.
func (w *Workspace) Mul(dst blas64.General, a, b Factor, add bool) {
	inner, nothing := fit(dst, a, b, add)
	if nothing {
		return
	}
	m, n := dst.Rows, dst.Cols
	p := product{tiling: w.tiling, dst: dst, a: a, b: b, add: add, inner: inner}
	// Each thread computes a slab of the result by itself. The slabs lie along
	// the longer side, so that less is packed twice.
	whole, unit := n, w.tiling.nr
	byRows := m > n
	if byRows {
		whole, unit = m, w.tiling.mr
	}
	panels := (whole + unit - 1) / unit
	threads := max(1, min(len(w.slots), panels, m*n*inner/worthAThread))
	w.Team.Do(threads, func(t int) {
		from, to := panels*t/threads*unit, min(panels*(t+1)/threads*unit, whole)
		area := region{0, m, from, to}
		if byRows {
			area = region{from, to, 0, n}
		}
		p.compute(&w.slots[t], area)
	})
}

// fit returns the inner dimension of a product. If there is nothing to multiply
// it does what is left to do, and says so.
func fit(dst blas64.General, a, b Factor, add bool) (inner int, nothing bool) {
	m, inner := a.dims()
	n := dst.Cols
	if bRows, bCols := b.dims(); dst.Rows != m || inner != bRows || n != bCols {
		panic(fmt.Sprintf("kernel: a product of %d x %d and %d x %d does not fit into %d x %d", m, inner, bRows, bCols, dst.Rows, n))
	}
	if m == 0 || n == 0 {
		return inner, true
	}
	if inner == 0 && !add {
		for i := range m {
			clear(dst.Data[i*dst.Stride : i*dst.Stride+n])
		}
	}
	return inner, inner == 0
}

// region is rows [top, bottom) and columns [left, right) of the result.
type region struct{ top, bottom, left, right int }

type product struct {
	tiling tiling
	dst    blas64.General
	a, b   Factor
	add    bool
	inner  int
}

func (p *product) compute(s *slot, r region) {
	mr, nr := p.tiling.mr, p.tiling.nr
	direct := p.tiling.rows != nil && !p.a.Trans
	blocks := (p.inner + innerBlock - 1) / innerBlock
	for block := range blocks {
		k0, k1 := p.inner*block/blocks, p.inner*(block+1)/blocks
		depth := k1 - k0
		add := p.add || block > 0
		for left := r.left; left < r.right; left += columnBlock {
			right := min(left+columnBlock, r.right)
			s.b = pack(s.b, p.b, p.b.Trans, left, right, k0, k1, nr, p.tiling)
			for top := r.top; top < r.bottom; top += rowBlock {
				bottom := min(top+rowBlock, r.bottom)
				packed := top // from here on
				if direct {
					packed = bottom - (bottom-top)%mr
				}
				s.a = pack(s.a, p.a, !p.a.Trans, packed, bottom, k0, k1, mr, p.tiling)
				for j := left; j < right; j += nr {
					panel, cols := s.b[(j-left)*depth:], min(nr, right-j)
					for i := top; i < packed; i += mr {
						p.rows(s, depth, p.a.Data[i*p.a.Stride+k0:], panel, i, j, cols, add)
					}
					for i := packed; i < bottom; i += mr {
						p.tile(s, depth, s.a[(i-packed)*depth:], panel, i, j, min(mr, bottom-i), cols, add)
					}
				}
			}
		}
	}
}

// rows computes the tile of all mr rows at (i, j), whose values of the first
// factor begin at a.
func (p *product) rows(s *slot, depth int, a, b []float64, i, j, cols int, add bool) {
	if cols == p.tiling.nr {
		p.tiling.rows(depth, a, p.a.Stride, b, p.dst.Data[i*p.dst.Stride+j:], p.dst.Stride, add)
		return
	}
	p.tiling.rows(depth, a, p.a.Stride, b, s.tile, p.tiling.nr, false)
	cut(p.dst, s.tile, p.tiling.nr, i, j, p.tiling.mr, cols, add)
}

// tile computes the rows x cols elements at (i, j). A tile that is cut short
// by the edge is computed whole, elsewhere, and then cut: that way the
// additions are the same.
func (p *product) tile(s *slot, depth int, a, b []float64, i, j, rows, cols int, add bool) {
	mr, nr := p.tiling.mr, p.tiling.nr
	c := p.dst.Data[i*p.dst.Stride+j:]
	if rows == mr && cols == nr {
		p.tiling.tile(depth, a, b, c, p.dst.Stride, add)
		return
	}
	p.tiling.tile(depth, a, b, s.tile, nr, false)
	cut(p.dst, s.tile, nr, i, j, rows, cols, add)
}

// cut takes what lies within the result from a tile that reaches over its edge.
func cut(dst blas64.General, tile []float64, width, i, j, rows, cols int, add bool) {
	for y := range rows {
		at := (i+y)*dst.Stride + j
		to, from := dst.Data[at:at+cols], tile[y*width:]
		for x := range to {
			if add {
				to[x] += from[x]
			} else {
				to[x] = from[x]
			}
		}
	}
}
