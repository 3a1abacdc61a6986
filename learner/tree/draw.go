package tree

import (
	"math"

	"github.com/gochimera/chimera/learner"
)

// bestDrawn looks at MaxFeatures features drawn without replacement, and at
// more only while none of those drawn can be split (as scikit-learn does). A
// tie goes to the feature drawn first.
func (b *builder[I]) bestDrawn(n *pending) (split, error) {
	b.pcg.Seed(n.seed, learner.Mix(n.seed))
	best := none
	features := b.features
	for drawn := 0; drawn < len(features) && (drawn < b.MaxFeatures || !best.found()); drawn++ {
		swap := drawn + b.draw.IntN(len(features)-drawn)
		features[drawn], features[swap] = features[swap], features[drawn]
		b.swaps = append(b.swaps, swap)
		f := features[drawn]
		s := &b.found[f]
		var err error
		switch {
		case b.RandomThresholds:
			*s, err = b.guess(n, f)
		case n.rows() == 2:
			*s = b.tellApart(n, f)
		default:
			if err = b.search(&b.workers[0], n, f); s.beats(&best) {
				b.settle(n, f)
			}
		}
		if err != nil {
			return none, err
		}
		if s.beats(&best) {
			best = *s
			best.feature = f
		}
	}
	for i := len(b.swaps) - 1; i >= 0; i-- { // so that every node draws from the same order
		features[i], features[b.swaps[i]] = features[b.swaps[i]], features[i]
	}
	b.swaps = b.swaps[:0]
	return best, nil
}

// guess rates one threshold drawn evenly between a feature's least and largest
// value in the node, as in extremely randomised trees (Geurts, Ernst, Wehenkel
// 2006). Missing values go to a side drawn too.
func (b *builder[I]) guess(n *pending, f int) (split, error) {
	if err := b.workers[0].poll.Work(n.rows()); err != nil {
		return none, err
	}
	least, most, missing := math.Inf(1), math.Inf(-1), 0
	values := b.read(n, f)
	for _, v := range values {
		if math.IsNaN(v) {
			missing++
			continue
		}
		if v < least {
			least = v
		}
		if v > most {
			most = v
		}
	}
	s := split{feature: f, missing: missing > 0}
	constant := b.table.cells.merge(least, most)
	switch {
	case missing == n.rows(), missing == 0 && constant:
		return none, nil
	case constant:
		s.threshold = math.Inf(1) // parts values from missing ones
	default:
		u := b.draw.Float64()
		s.threshold = float64(least*(1-u)) + float64(most*u)
		s.threshold = max(least, min(s.threshold, math.Nextafter(most, least)))
		s.missingLeft = missing > 0 && b.draw.Uint64()&1 != 0
	}
	left := b.left[:n.rows()]
	markValues(values, &s, left)
	return b.rate(n, s, left), nil
}

// markValues writes 1 for every value that goes left. It is free of branches on
// purpose.
func markValues(values []float64, s *split, left []uint8) {
	for i, v := range values {
		var goes uint8
		if v <= s.threshold {
			goes = 1
		}
		left[i] = goes
	}
	if s.missing && s.missingLeft {
		for i, v := range values {
			if math.IsNaN(v) {
				left[i] = 1
			}
		}
	}
}

// read returns one feature's values in a node; they are good until the next
// call.
func (b *builder[I]) read(n *pending, f int) []float64 {
	into := b.column[:n.rows()]
	if b.own != nil {
		own := b.own[f]
		for i, id := range b.ids[n.lo:n.hi] {
			into[i] = own[id]
		}
		return into
	}
	if b.table.lists != nil {
		list := b.table.lists[f]
		for i, r := range b.rows[n.lo:n.hi] {
			into[i] = list[r]
		}
		return into
	}
	for i, r := range b.rows[n.lo:n.hi] {
		into[i] = b.table.value(r, f)
	}
	return into
}

// keepOwn copies the values of all rows, column after column. A small subtree
// is faster with them than with the table's, of which each row is a long way
// from the next.
func (b *builder[I]) keepOwn() {
	rows := len(b.rows)
	if b.own == nil {
		b.own, b.ids = make([][]float64, len(b.table.columns)), make([]I, len(b.left))
		for f := range b.own {
			b.own[f] = make([]float64, len(b.left))
		}
	}
	b.ids = b.ids[:rows]
	for i, r := range b.rows {
		b.ids[i] = I(i)
		for f, v := range b.table.x[int(r)*b.table.stride:][:len(b.own)] {
			b.own[f][i] = v
		}
	}
}
