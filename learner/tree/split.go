package tree

import "github.com/gochimera/chimera/learner"

// The seeds of a node's children; any two different numbers do.
const (
	leftSalt  = 0x6c656674
	rightSalt = 0x72696768
)

// split carries out the split that was found for a node. It appends the
// children that may be split further to open.
func (b *builder[I]) split(n *pending, open []pending) ([]pending, error) {
	s, m := &n.best, n.rows()
	left := b.left[:m]
	b.mark(n, s, left)
	count := places(b.place[:m], left)
	partition(b.rows[n.lo:n.hi], left, b.spare.ids)
	if b.own != nil {
		partition(b.ids[n.lo:n.hi], left, b.workers[0].spare)
	}
	b.evidence.partition(n.lo, n.hi, left, &b.spare)

	l := pending{lo: n.lo, hi: n.lo + count, depth: n.depth + 1, seed: learner.Mix(n.seed ^ leftSalt)}
	r := pending{lo: l.hi, hi: n.hi, depth: n.depth + 1, seed: learner.Mix(n.seed ^ rightSalt)}
	var lw, rw int64
	var lOpen, rOpen bool
	l.node, lw, lOpen = b.add(l.lo, l.hi, l.depth)
	r.node, rw, rOpen = b.add(r.lo, r.hi, r.depth)
	b.nodes[n.node] = grown{
		answer: b.nodes[n.node].answer, feature: s.feature, threshold: s.threshold, decrease: n.gain, left: l.node, right: r.node,
		missingLeft: s.missingLeft || !s.missing && lw > rw,
	}
	if !lOpen && !rOpen {
		b.release(n.hist)
		return open, nil
	}
	if lOpen && l.rows() > 2 || rOpen && r.rows() > 2 { // pairs do without
		if err := b.move(n, left, count); err != nil {
			return open, err
		}
	}
	if err := b.inherit(n.hist, &l, &r, lOpen, rOpen); err != nil {
		return open, err
	}
	if lOpen {
		open = append(open, l)
	}
	if rOpen {
		open = append(open, r)
	}
	return open, nil
}

// mark writes 1 for every row of the node that goes left.
func (b *builder[I]) mark(n *pending, s *split, left []uint8) {
	c := &b.table.columns[s.feature]
	var missing uint8
	if s.missingLeft {
		missing = 1
	}
	switch {
	case n.rows() == 2 && c.tops != nil: // pairs' codes have not been moved
		for i, r := range b.rows[n.lo:n.hi] {
			left[i] = 0
			if b.table.binned(r, c) <= s.at {
				left[i] = 1
			}
		}
	case b.RandomThresholds || n.rows() == 2:
		markValues(b.read(n, s.feature), s, left)
	case c.coded >= 0:
		var goes [256]uint8
		for code := range s.at + 1 {
			goes[code] = 1
		}
		if len(c.values) < len(goes) {
			goes[len(c.values)] = missing
		}
		shift := uint(8 * (c.coded % chunk))
		for i, word := range b.codes[c.coded/chunk][n.lo:n.hi] {
			left[i] = goes[uint8(word>>shift)]
		}
	default:
		clear(left)
		order := b.orders[c.sorted][n.lo:n.hi]
		for _, id := range order[:s.at+1] {
			left[id] = 1
		}
		if s.missingLeft {
			for _, id := range order[len(order)-b.missing(b.rows[n.lo:n.hi], order, s.feature):] {
				left[id] = 1
			}
		}
	}
}

// move brings the columns of a node into the order of its children, of which
// the left one has count rows.
func (b *builder[I]) move(n *pending, left []uint8, count int) error {
	if b.RandomThresholds {
		return nil // values are read where they are
	}
	for _, words := range b.codes {
		partition(words[n.lo:n.hi], left, b.spare.words)
	}
	place := b.place[:n.rows()]
	procs := b.procs(n.rows())
	if procs == 1 {
		for _, order := range b.orders {
			partitionOrder(order[n.lo:n.hi], place, count, b.workers[0].spare)
		}
		return b.workers[0].poll.Work(n.rows() * len(b.orders))
	}
	return each(procs, len(b.orders), func(worker, c int) error {
		w := &b.workers[worker]
		if err := w.poll.Work(n.rows()); err != nil {
			return err
		}
		partitionOrder(b.orders[c][n.lo:n.hi], place, count, w.spare)
		return nil
	})
}
