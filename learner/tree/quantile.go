package tree

import (
	"math/bits"

	"github.com/gochimera/chimera/learner"
)

// bin codes the rows of a column by bins between quantiles of the rows' weights. order is the rows by ascending
// key, of which the first, as many as present, have a value; into gets a byte per row. Values of one cell are in one
// bin. Up to maxBins cells have a bin each. Of more, each goes by the middle of its own weight: bin b holds what is
// between b and b + 1 of maxBins equal shares, and bins that nothing falls into are left out. Rows without weight
// make no bins, and are in that of the next lower value that weighs anything, or in the first. All of it is integers:
// weights are repeated rows, and the order of the rows does not matter.
func (t *Table) bin(poll *learner.Poll, f int, keys []uint64, order []uint32, present int, weights []int64, into []uint8) error {
	c := &t.columns[f]
	weigh := func(r uint32) int64 {
		if weights == nil {
			return 1
		}
		return weights[r]
	}
	total, distinct := int64(0), 0
	last := uint64(noKey)
	for _, r := range order[:present] {
		one := weigh(r)
		total += one
		if cell := t.cells.of(keys[r]); one > 0 && cell != last {
			distinct, last = distinct+1, cell
		}
	}
	below, share := int64(0), -1 // the weight of all lower cells, and the share that the latest bin is
	for from := 0; from < present; {
		to, weight := from, int64(0)
		for cell := t.cells.of(keys[order[from]]); to < present && t.cells.of(keys[order[to]]) == cell; to++ {
			weight += weigh(order[to])
		}
		run := order[from:to]
		if weight > 0 {
			own := share + 1
			if distinct > t.maxBins {
				hi, lo := bits.Mul64(uint64(2*below+weight), uint64(t.maxBins))
				quotient, _ := bits.Div64(hi, lo, uint64(2*total))
				own = int(quotient)
			}
			for _, r := range run {
				if weigh(r) == 0 {
					continue
				}
				v := t.value(r, f)
				if own != share {
					share = own
					c.values, c.tops = append(c.values, v), append(c.tops, v)
				}
				c.tops[len(c.tops)-1] = v
			}
			below += weight
		}
		code := uint8(max(len(c.values)-1, 0))
		for _, r := range run {
			into[r] = code
		}
		from = to
		if err := poll.Work(len(run)); err != nil {
			return err
		}
	}
	if len(c.values) == 0 && present > 0 { // no value weighs anything
		v := t.value(order[0], f)
		c.values, c.tops = []float64{v}, []float64{v}
	}
	for _, r := range order[present:] {
		into[r] = uint8(len(c.values))
	}
	c.missing = present < len(keys)
	return nil
}

// rowWeights is what each row of the table weighs in fixed point; nil: 1 each.
func (t *Table) rowWeights() []int64 {
	if t.weights == nil {
		return nil
	}
	rows, weights := t.weighing(t.weights), make([]int64, t.rows)
	if len(rows) > 0 {
		w := fixWeights(rows, t.weights)
		for i, r := range rows {
			weights[r] = w.at(i)
		}
	}
	return weights
}

// binned is the code of a row in a column of bins.
func (t *Table) binned(row uint32, c *column) int {
	return int(uint8(t.codes[c.coded/chunk][row] >> (8 * (c.coded % chunk))))
}

// tellBinned is tellApart for a column of bins: values of one bin are one value.
func (b *builder[I]) tellBinned(n *pending, f int) split {
	c := &b.table.columns[f]
	v, w := b.table.binned(b.rows[n.lo], c), b.table.binned(b.rows[n.lo+1], c)
	if v == w {
		return none
	}
	s := split{feature: f, at: min(v, w), next: max(v, w)}
	if s.next == len(c.values) {
		s.next, s.missing = -1, true
	}
	s.threshold = c.between(s.at, s.next)
	left := b.left[:2]
	left[0], left[1] = 1, 0
	if v > w {
		left[0], left[1] = 0, 1
	}
	return b.rate(n, s, left)
}
