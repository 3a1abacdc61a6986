package tree

import "math/bits"

// worthCounting says whether a node has enough rows to count all its coded
// columns at once, in a histogram that its children can make use of. With
// fewer, the bins would be more work than the rows.
func (b *builder[I]) worthCounting(rows int) bool {
	return len(b.coded) > 0 && !b.inOrder() && rows > b.handsOver && rows*len(b.coded) >= b.table.tuning.countFactor*b.size
}

func (b *builder[I]) newHist() []int64 {
	if n := len(b.idle); n > 0 {
		h := b.idle[n-1]
		b.idle = b.idle[:n-1]
		clear(h[:b.size])
		return h
	}
	return make([]int64, b.size+(maxCodes+1)*b.width)
}

func (b *builder[I]) release(hist []int64) {
	if hist != nil {
		b.idle = append(b.idle, hist)
	}
}

// count adds the rows [lo, hi) to a histogram of all coded columns.
func (b *builder[I]) count(hist []int64, lo, hi int) error {
	if b.procs(hi-lo) == 1 {
		for g := range b.codes {
			b.evidence.addGroup(hist, &b.offsets[g], b.group(g), b.codes[g][lo:hi], lo)
		}
		return b.workers[0].poll.Work((hi - lo) * len(b.coded))
	}
	return each(len(b.workers), len(b.codes), func(worker, g int) error {
		b.evidence.addGroup(hist, &b.offsets[g], b.group(g), b.codes[g][lo:hi], lo)
		return b.workers[worker].poll.Work((hi - lo) * chunk)
	})
}

// inherit gives the children of a node their histograms: the smaller one is
// counted, the larger one is what the parent has beyond it.
func (b *builder[I]) inherit(parent []int64, l, r *pending, lOpen, rOpen bool) error {
	if parent == nil {
		return nil
	}
	small, large, smallOpen, largeOpen := l, r, lOpen, rOpen
	if l.rows() > r.rows() {
		small, large, smallOpen, largeOpen = r, l, rOpen, lOpen
	}
	if !largeOpen || !b.worthCounting(large.rows()) {
		b.release(parent)
		return nil
	}
	hist := b.newHist()
	if err := b.count(hist, small.lo, small.hi); err != nil {
		return err
	}
	for i, v := range hist[:b.size] {
		parent[i] -= v
	}
	large.hist = parent
	if smallOpen {
		small.hist = hist
	} else {
		b.release(hist)
	}
	return nil
}

// clear empties the marked bins.
func (b *bitmap) clear(hist []int64, width int) {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			code := 64*i + bits.TrailingZeros64(word)
			clear(hist[code*width:][:width])
		}
	}
}
