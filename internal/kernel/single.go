package kernel

import "gonum.org/v1/gonum/blas/blas64"

// A tile in single precision: eight vectors of eight, which is just enough to
// hide the latency of two multiply-adds a cycle.
const singleRows, singleColumns = 4, 16

// singles are the loops of products in single precision.
type singles struct {
	// tile computes 4 x 16 elements from a packed panel of each factor: c (rows ldc
	// apart) becomes, or with add gains, the sum over k of a[k*4+i] * b[k*16+j].
	tile func(k int, a, b []float32, c []float64, ldc int, add bool)
	// lay and weave are as a tiling's, but for the precision of what they write.
	lay   func(k, width int, from []float64, stride int, to []float32)
	weave func(k, width int, from []float64, stride int, to []float32)
}

func fastestSingles() singles {
	if avx2() {
		return singlesAVX2()
	}
	return plainSingles()
}

func plainSingles() singles { return singles{tileSinglePlain, laySinglePlain, weaveSinglePlain} }

// MulSingle is Mul in single precision, in about half the time where there are
// vector instructions: the values of a and b are rounded to float32, and so are
// the sums of their products, within each block of the inner dimension. Sums
// over blocks, and what they are added to, stay in double precision. A value
// beyond float32 counts as infinite.
//
// Which bits an element has depends on as little as Mul's do.
func (w *Workspace) MulSingle(dst blas64.General, a, b Factor, add bool) {
	w.mulSingle(fastestSingles(), dst, a, b, add)
}

func (w *Workspace) mulSingle(do singles, dst blas64.General, a, b Factor, add bool) {
	inner, nothing := fit(dst, a, b, add)
	if nothing {
		return
	}
	m, n := dst.Rows, dst.Cols
	p := singleProduct{singles: do, dst: dst, a: a, b: b, add: add, inner: inner}
	whole, unit := n, singleColumns
	byRows := m > n
	if byRows {
		whole, unit = m, singleRows
	}
	panels := (whole + unit - 1) / unit
	threads := max(1, min(len(w.slots), panels, m*n*inner/worthAThread))
	// The first factor is packed by all threads for all threads, unless each
	// needs a part of its own anyway.
	left := (m + singleRows - 1) / singleRows
	w.left = grow(w.left, left*singleRows*inner)
	if threads > 1 {
		w.Team.Do(threads, func(t int) { p.packLeft(w.left, left*t/threads, left*(t+1)/threads) })
	} else {
		p.packLeft(w.left, 0, left)
	}
	w.Team.Do(threads, func(t int) {
		from, to := panels*t/threads*unit, min(panels*(t+1)/threads*unit, whole)
		area := region{0, m, from, to}
		if byRows {
			area = region{from, to, 0, n}
		}
		p.compute(w.left, &w.slots[t], area)
	})
}

type singleProduct struct {
	singles
	dst   blas64.General
	a, b  Factor
	add   bool
	inner int
}

// packLeft packs the panels [from, to) of the first factor. A panel has its
// values of the whole inner dimension one after another, so that a block of it
// is a part of the panel.
func (p *singleProduct) packLeft(into []float32, from, to int) {
	for i := from; i < to; i++ {
		p.pack(into[i*singleRows*p.inner:(i+1)*singleRows*p.inner], p.a, !p.a.Trans, i*singleRows, p.dst.Rows, 0, p.inner, singleRows)
	}
}

// pack fills one panel of width values, as the function pack does.
func (p *singleProduct) pack(panel []float32, f Factor, byRows bool, first, end, k0, k1, width int) {
	depth, count := k1-k0, min(width, end-first)
	if count < width {
		clear(panel)
	}
	switch {
	case byRows:
		i := 0
		for ; i+4 <= count; i += 4 {
			p.weave(depth, width, f.Data[(first+i)*f.Stride+k0:], f.Stride, panel[i:])
		}
		for ; i < count; i++ {
			at := (first + i) * f.Stride
			for k, v := range f.Data[at+k0 : at+k1] {
				panel[k*width+i] = float32(v)
			}
		}
	case count == width:
		p.lay(depth, width, f.Data[k0*f.Stride+first:], f.Stride, panel)
	default:
		for k := range depth {
			for i, v := range f.Data[(k0+k)*f.Stride+first:][:count] {
				panel[k*width+i] = float32(v)
			}
		}
	}
}

func (p *singleProduct) compute(packed []float32, s *slot, r region) {
	const mr, nr = singleRows, singleColumns
	blocks := (p.inner + innerBlock - 1) / innerBlock
	for block := range blocks {
		k0, k1 := p.inner*block/blocks, p.inner*(block+1)/blocks
		depth := k1 - k0
		add := p.add || block > 0
		for j := r.left; j < r.right; j += nr {
			s.right = grow(s.right, nr*depth)
			p.pack(s.right, p.b, p.b.Trans, j, p.dst.Cols, k0, k1, nr)
			for i := r.top; i < r.bottom; i += mr {
				panel := packed[i*p.inner+k0*mr:]
				if i+mr <= r.bottom && j+nr <= r.right {
					p.tile(depth, panel, s.right, p.dst.Data[i*p.dst.Stride+j:], p.dst.Stride, add)
					continue
				}
				p.tile(depth, panel, s.right, s.tile, nr, false)
				cut(p.dst, s.tile, nr, i, j, min(mr, r.bottom-i), min(nr, r.right-j), add)
			}
		}
	}
}

// grow is a slice of n values of no particular content, in buf if that is large
// enough.
func grow(buf []float32, n int) []float32 {
	if cap(buf) < n {
		return make([]float32, n)
	}
	return buf[:n]
}
