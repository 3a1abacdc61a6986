package tree

import (
	"math"
	"math/bits"
)

// sums is the evidence for a number as the target: the weight and the sum of
// the weighted target, centred and in fixed point. The impurity is the
// variance.
//
// With W and S of a node and WL and SL of its left side, a split takes
//
//	(SL W - S WL)^2 / (W WL WR)
//
// off the weighted sum of squared errors (Breiman et al. 1984, section 8.4,
// rewritten without cancellation).
type sums struct {
	s []int64 // weight x (target - centre) x 2^exp
	w []int64 // nil: 1 each

	centre    float64
	exp, wexp int  // of s and of w
	poisson   bool // the impurity is the deviance: see newDeviance
}

// maxRepeated is up to how many rows a weight is exactly that many rows. To be
// so, a target is rounded before it is multiplied; beyond, that would cost too
// many of its bits.
const maxRepeated = 1 << 26

func newSums(t *Table, rows []uint32, w *fixed) *sums {
	least, most := math.Inf(1), math.Inf(-1)
	for _, r := range rows {
		least, most = min(least, t.y[r]), max(most, t.y[r])
	}
	// The middle of the range is the same however rows are weighted or
	// repeated; a mean would not be.
	centre := least/2 + most/2
	return sumsAround(centre, max(most-centre, centre-least), t, rows, w)
}

// sumsAround centres the targets, which are at most reach away.
func sumsAround(centre, reach float64, t *Table, rows []uint32, w *fixed) *sums {
	e := &sums{s: make([]int64, len(rows)), w: w.w, wexp: w.exp, centre: centre}
	_, size := math.Frexp(reach)
	free := sumBits - w.bits()
	e.exp = free + w.exp - size
	for i, r := range rows {
		share := math.Ldexp(t.y[r]-e.centre, -size) // from -1 to 1
		if w.whole && w.total <= maxRepeated {
			e.s[i] = w.at(i) * int64(math.Round(math.Ldexp(share, free)))
		} else {
			e.s[i] = int64(math.Round(math.Ldexp(float64(w.at(i))*share, free)))
		}
	}
	return e
}

// moment is a total of sums and packed: the weight and the sum.
type moment struct{ w, s int64 }

func (e *sums) width() int { return 2 }

func (e *sums) moment(total []int64) moment { return moment{total[0], total[1]} }

func (e *sums) total(lo, hi int, into []int64) {
	var s int64
	for _, v := range e.s[lo:hi] {
		s += v
	}
	into[0], into[1] = int64(hi-lo), s
	if e.w != nil {
		into[0] = 0
		for _, v := range e.w[lo:hi] {
			into[0] += v
		}
	}
}

func (e *sums) side(lo int, left []uint8, into []int64) {
	clear(into)
	for i, l := range left {
		keep := -int64(l)
		into[1] += e.s[lo+i] & keep
		if e.w == nil {
			into[0] += int64(l)
		} else {
			into[0] += e.w[lo+i] & keep
		}
	}
}

func (e *sums) weight(total []int64) int64 { return total[0] }

func (e *sums) predict(total []int64, into []float64) {
	into[0] = e.centre + math.Ldexp(float64(total[1])/float64(total[0]), e.wexp-e.exp)
}

func (e *sums) score(total, left []int64) (num, den float64) {
	if e.poisson {
		return scoreDeviance(e.moment(total), e.moment(left)), 1
	}
	return scoreMoment(e.moment(total), e.moment(left))
}

func scoreMoment(t, l moment) (num, den float64) {
	w, wl, wr := float64(t.w), float64(l.w), float64(t.w-l.w)
	d := deviation(float64(l.s), float64(t.s-l.s), float64(t.s), w, wl, wr)
	return d * d, wl * wr
}

// deviation is |SL W - S WL|, which is |SR W - S WR| too. It is taken from both
// sides, so that it is the same to the last bit when left and right are
// swapped: two features that part the rows alike, but the other way round, are
// a tie.
func deviation(sl, sr, s, w, wl, wr float64) float64 {
	l := float64(sl*w) - float64(s*wl)
	r := float64(sr*w) - float64(s*wr)
	return (math.Abs(l) + math.Abs(r)) / 2
}

func (e *sums) gain(total []int64, num, den float64) float64 {
	if e.poisson {
		return num
	}
	return num / den / float64(total[0])
}

func (e *sums) exponent() int {
	if e.poisson {
		return -e.exp
	}
	return e.wexp - 2*e.exp
}

func (e *sums) deviance() bool { return e.poisson }

func (e *sums) addGroup(hist []int64, offset *[chunk]int, columns int, words []uint64, lo int) {
	for j, o := range offset[:columns] {
		e.addColumn(hist[o:], words, uint(8*j), lo)
	}
}

func (e *sums) addColumn(hist []int64, words []uint64, shift uint, lo int) bitmap {
	var used bitmap
	s := e.s[lo : lo+len(words)]
	if e.w == nil {
		for i, word := range words {
			code := uint8(word >> shift)
			used.add(code)
			bin := hist[2*int(code):][:2]
			bin[0]++
			bin[1] += s[i]
		}
		return used
	}
	w := e.w[lo : lo+len(words)]
	for i, word := range words {
		code := uint8(word >> shift)
		used.add(code)
		bin := hist[2*int(code):][:2]
		bin[0] += w[i]
		bin[1] += s[i]
	}
	return used
}

func (e *sums) bins(q *query, hist []int64, used bitmap, missing int) split {
	return searchBins(e, q, hist, used, missing)
}

func (e *sums) fillBins(p *prefix, hist []int64, used *bitmap) int {
	n := 0
	var sum moment
	for i, word := range used {
		for ; word != 0; word &= word - 1 {
			code := 64*i + bits.TrailingZeros64(word)
			bin := e.moment(hist[2*code:])
			sum.w, sum.s = sum.w+bin.w, sum.s+bin.s
			p.w[n], p.s[n], p.codes[n] = sum.w, sum.s, uint8(code)
			n++
		}
	}
	return n
}

func (e *sums) units(total []int64) (values []int64, mask, sum int64) {
	if e.w != nil || e.poisson {
		return nil, 0, 0
	}
	return e.s, -1, total[1]
}

func (e *sums) order16(q *query, order []uint16, missing int) split {
	return searchOrder(e, e.prefix16, q, order, missing)
}

func (e *sums) order32(q *query, order []uint32, missing int) split {
	return searchOrder(e, e.prefix32, q, order, missing)
}

func (e *sums) prefix16(p *prefix, order []uint16, lo int, from moment) moment {
	return prefixSums(e, p, order, lo, from)
}

func (e *sums) prefix32(p *prefix, order []uint32, lo int, from moment) moment {
	return prefixSums(e, p, order, lo, from)
}

func prefixSums[I rowID](e *sums, p *prefix, order []I, lo int, m moment) moment {
	m.s = accumulate(p.s[:], e.s[lo:], order, m.s)
	if e.w == nil {
		for k := range order {
			m.w++
			p.w[k] = m.w
		}
		return m
	}
	m.w = accumulate(p.w[:], e.w[lo:], order, m.w)
	return m
}

// accumulate writes the running sum of values in the given order.
func accumulate[I rowID](into, values []int64, order []I, sum int64) int64 {
	into = into[:len(order)]
	for k, id := range order {
		sum += values[id]
		into[k] = sum
	}
	return sum
}

func (e *sums) partition(lo, hi int, left []uint8, spare *spare) {
	partition(e.s[lo:hi], left, spare.sums)
	if e.w != nil {
		partition(e.w[lo:hi], left, spare.sums)
	}
}

func (e *sums) subset(lo, hi int, old evidence) evidence {
	into, ok := old.(*sums)
	if !ok {
		into = &sums{}
	}
	s, w := refill(into.s, e.s, lo, hi), refill(into.w, e.w, lo, hi)
	*into = *e
	into.s, into.w = s, w
	return into
}
