package tree

import "math/bits"

// packed is the evidence for two classes and whole weights: the weight of the
// first class present and of the second side by side in one word, so that one
// addition counts both. With the second class as the target 1, the Gini
// impurity is twice the variance, and the search is that of sums.
type packed struct {
	t []int64 // weight << 32 | weight, if of the second class

	unit          bool // every row weighs 1
	first, second int32
}

func newPacked(t *Table, rows []uint32, w *fixed, present []int32) *packed {
	e := &packed{t: make([]int64, len(rows)), unit: w.w == nil, first: present[0], second: present[len(present)-1]}
	for i, r := range rows {
		one := w.at(i)
		e.t[i] = one << 32
		if int32(t.y[r]) != e.first {
			e.t[i] |= one
		}
	}
	return e
}

// mask32 is the place of the second class in a word.
const mask32 = 1<<32 - 1

func unpack(v int64) moment {
	return moment{w: v >> 32, s: v & mask32}
}

func (e *packed) width() int { return 1 }

func (e *packed) moment(total []int64) moment { return unpack(total[0]) }

func (e *packed) deviance() bool { return false }

func (e *packed) fillBins(p *prefix, hist []int64, used *bitmap) int {
	n, sum := 0, int64(0)
	for i, word := range used {
		for ; word != 0; word &= word - 1 {
			code := 64*i + bits.TrailingZeros64(word)
			sum += hist[code]
			p.w[n], p.s[n], p.codes[n] = sum>>32, sum&mask32, uint8(code)
			n++
		}
	}
	return n
}

func (e *packed) units(total []int64) (values []int64, mask, sum int64) {
	if !e.unit {
		return nil, 0, 0
	}
	return e.t, mask32, total[0] & mask32
}

func (e *packed) total(lo, hi int, into []int64) {
	var sum int64
	for _, v := range e.t[lo:hi] {
		sum += v
	}
	into[0] = sum
}

func (e *packed) side(lo int, left []uint8, into []int64) {
	var sum int64
	for i, l := range left {
		sum += e.t[lo+i] & -int64(l)
	}
	into[0] = sum
}

func (e *packed) weight(total []int64) int64 { return unpack(total[0]).w }

func (e *packed) predict(total []int64, into []float64) {
	clear(into)
	m := unpack(total[0])
	into[e.first] = float64(m.w-m.s) / float64(m.w)
	if e.second != e.first {
		into[e.second] = float64(m.s) / float64(m.w)
	}
}

func (e *packed) score(total, left []int64) (num, den float64) {
	return scoreMoment(unpack(total[0]), unpack(left[0]))
}

func (e *packed) gain(total []int64, num, den float64) float64 {
	return 2 * num / den / float64(e.weight(total))
}

func (e *packed) exponent() int { return 0 }

func (e *packed) addGroup(hist []int64, offset *[chunk]int, _ int, words []uint64, lo int) {
	t := e.t[lo : lo+len(words)]
	// A view of 256 bins per column makes every byte a valid index; the histogram
	// has room for it.
	h0, h1 := (*[256]int64)(hist[offset[0]:]), (*[256]int64)(hist[offset[1]:])
	h2, h3 := (*[256]int64)(hist[offset[2]:]), (*[256]int64)(hist[offset[3]:])
	h4, h5 := (*[256]int64)(hist[offset[4]:]), (*[256]int64)(hist[offset[5]:])
	h6, h7 := (*[256]int64)(hist[offset[6]:]), (*[256]int64)(hist[offset[7]:])
	for i, word := range words {
		v := t[i]
		h0[uint8(word)] += v
		h1[uint8(word>>8)] += v
		h2[uint8(word>>16)] += v
		h3[uint8(word>>24)] += v
		h4[uint8(word>>32)] += v
		h5[uint8(word>>40)] += v
		h6[uint8(word>>48)] += v
		h7[uint8(word>>56)] += v
	}
}

func (e *packed) addColumn(hist []int64, words []uint64, shift uint, lo int) bitmap {
	var used bitmap
	h := (*[256]int64)(hist)
	t := e.t[lo : lo+len(words)]
	for i, word := range words {
		code := uint8(word >> (shift & 63))
		used.add(code)
		h[code] += t[i]
	}
	return used
}

func (e *packed) bins(q *query, hist []int64, used bitmap, missing int) split {
	return searchBins(e, q, hist, used, missing)
}

func (e *packed) order16(q *query, order []uint16, missing int) split {
	return searchOrder(e, e.prefix16, q, order, missing)
}

func (e *packed) order32(q *query, order []uint32, missing int) split {
	return searchOrder(e, e.prefix32, q, order, missing)
}

func (e *packed) prefix16(p *prefix, order []uint16, lo int, from moment) moment {
	return prefixPacked(e.t[lo:], p, order, from)
}

func (e *packed) prefix32(p *prefix, order []uint32, lo int, from moment) moment {
	return prefixPacked(e.t[lo:], p, order, from)
}

func prefixPacked[I rowID](t []int64, p *prefix, order []I, from moment) moment {
	sum := from.w<<32 | from.s
	w, s := p.w[:len(order)], p.s[:len(order)]
	for k, id := range order {
		sum += t[id]
		w[k], s[k] = sum>>32, sum&(1<<32-1)
	}
	return unpack(sum)
}

func (e *packed) partition(lo, hi int, left []uint8, spare *spare) {
	partition(e.t[lo:hi], left, spare.sums)
}

func (e *packed) subset(lo, hi int, old evidence) evidence {
	into, ok := old.(*packed)
	if !ok {
		into = &packed{}
	}
	t := refill(into.t, e.t, lo, hi)
	*into = *e
	into.t = t
	return into
}
