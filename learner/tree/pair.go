package tree

import "math"

// bestOfPair is bestOfAll for a node of two rows, of which a full tree has very
// many. Every feature that tells the rows apart is as good as any other, so the
// lots decide alone. It reads the values themselves: pairs need no sorted
// columns.
func (b *builder[I]) bestOfPair(n *pending) (split, error) {
	if err := b.workers[0].poll.Work(len(b.features)); err != nil {
		return none, err
	}
	best, lot := none, uint64(0)
	for f := range b.features {
		if l := n.lot(f); l >= lot {
			if s := b.tellApart(n, f); s.found() {
				best, lot = s, l
			}
		}
	}
	return best, nil
}

// tellApart splits a node of two rows by one feature.
func (b *builder[I]) tellApart(n *pending, f int) split {
	if b.table.columns[f].tops != nil {
		return b.tellBinned(n, f)
	}
	v, w := b.table.value(b.rows[n.lo], f), b.table.value(b.rows[n.lo+1], f)
	s := split{feature: f}
	left := b.left[:2]
	switch {
	case b.table.cells.merge(v, w):
		return none
	case v < w:
		s.threshold = middle(v, w)
		left[0], left[1] = 1, 0
	case w < v:
		s.threshold = middle(w, v)
		left[0], left[1] = 0, 1
	case math.IsNaN(v) && math.IsNaN(w):
		return none
	default: // one of them is missing
		s.threshold, s.missing = math.Inf(1), true
		left[0], left[1] = 1, 0
		if math.IsNaN(v) {
			left[0], left[1] = 0, 1
		}
	}
	return b.rate(n, s, left)
}

// rate completes a split that is known by the rows that go left, or returns
// none if a side has too few rows.
func (b *builder[I]) rate(n *pending, s split, left []uint8) split {
	b.evidence.side(n.lo, left, b.side)
	if w := b.evidence.weight(b.side); w < b.minLeaf || b.evidence.weight(b.total)-w < b.minLeaf {
		return none
	}
	s.num, s.den = b.evidence.score(b.total, b.side)
	return s
}
