package boosting

import (
	"math/bits"
	"sync"

	"github.com/gochimera/chimera/internal/kernel"
)

// If all weights are 1, a word has the sum of up to 2^17 numbers of at most 2^26 in its upper 46 bits and how many
// those are in the lower 18.
const (
	countBits = 18
	mostRows  = 1 << (countBits - 1)
	countMask = 1<<countBits - 1
)

func bitLen(v int64) int { return bits.Len64(uint64(v)) }

// The numbers of eight lanes by their codes: a word with the sum of gradients and the number of rows; one of gradients
// and one like it of second derivatives, or of weights; one for each of the three.
type (
	single [8][codeBins]int64
	double [8][codeBins][2]int64
	triple [8][codeBins][3]int64
)

// counter is where a thread counts codes: for each word of a row, in the form that the training asks for. It is all
// zeros between two nodes.
type counter struct {
	single []single
	double []double
	triple []triple
	near   gathered
}

// gathered is what is known of a few rows, side by side: reading it from where it lies is most of the work when the
// rows of a node are far apart, and many such reads are under way at a time if nothing else is done in between.
type gathered struct {
	g, h, w []int64  // what a row adds to a bin; see gather
	codes   []uint64 // row by row
}

// near is how many rows are gathered: what is known of them fits the nearest cache.
const near = 1 << 9

func (p *part) newCounter() *counter {
	words := p.binned.words
	c := &counter{near: gathered{g: make([]int64, near), codes: make([]uint64, near*words)}}
	switch constant := p.t.loss.constant(); {
	case constant && p.whole == nil:
		c.single = make([]single, words)
	case constant || p.whole == nil:
		c.double, c.near.h = make([]double, words), make([]int64, near)
	default:
		c.triple, c.near.h, c.near.w = make([]triple, words), make([]int64, near), make([]int64, near)
	}
	return c
}

// gather fills in at most near rows.
func (c *counter) gather(p *part, rows []uint32, gh []uint64) gathered {
	to := c.near
	to.g = to.g[:len(rows)]
	switch {
	case c.single != nil:
		for i, row := range rows {
			to.g[i] = int64(gh[row])>>32<<countBits + 1
		}
	case c.triple != nil:
		to.h, to.w = to.h[:len(rows)], to.w[:len(rows)]
		for i, row := range rows {
			w, both := p.whole[row], gh[row]
			to.g[i], to.h[i], to.w[i] = int64(both)>>32*w, int64(both&(1<<32-1))*w, w
		}
	case p.whole != nil:
		to.h = to.h[:len(rows)]
		for i, row := range rows {
			w := p.whole[row]
			to.g[i], to.h[i] = int64(gh[row])>>32*w, w
		}
	default:
		to.h = to.h[:len(rows)]
		for i, row := range rows {
			both := gh[row]
			to.g[i], to.h[i] = int64(both)>>32, int64(both&(1<<32-1))<<countBits+1
		}
	}
	words, first := p.binned.words, int(rows[0])
	if int(rows[len(rows)-1])-first == len(rows)-1 { // rows ascend, so these lie side by side, as those of a root do
		to.codes = p.binned.codes[first*words : (first+len(rows))*words]
	} else {
		kernel.Gather(to.codes, p.binned.codes, words, rows)
	}
	return to
}

// countTask is rows of a node, those of its tree's order from first up to last: at most mostRows.
type countTask struct {
	id, first, last int
	lock            *sync.Mutex // of the node's histogram
}

// count adds rows to the histogram of their node.
func (p *part) count(c *counter, t countTask) {
	tree := p.growing.nodes[t.id].tree
	gh, order := p.gh[tree], p.order[tree]
	for first := t.first; first < t.last; first += near {
		rows := c.gather(p, order[first:min(first+near, t.last)], gh)
		for w := range p.binned.words {
			codes, words, few := rows.codes[w:], p.binned.words, len(p.binned.lanes)-8*w <= 4
			switch {
			case c.single != nil && few:
				countSingle4(&c.single[w], codes, words, rows.g)
			case c.single != nil:
				countSingle(&c.single[w], codes, words, rows.g)
			case c.triple != nil:
				countTriple(&c.triple[w], codes, words, rows.g, rows.h, rows.w)
			case few:
				countDouble4(&c.double[w], codes, words, rows.g, rows.h)
			default:
				countDouble(&c.double[w], codes, words, rows.g, rows.h)
			}
		}
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	h := p.segment[t.id].histogram
	for i := range p.binned.lanes {
		switch {
		case c.single != nil:
			p.flushSingle(&c.single[i>>3][i&7], i, h)
		case c.triple != nil:
			p.flushTriple(&c.triple[i>>3][i&7], i, h)
		case p.whole != nil:
			p.flushWeighted(&c.double[i>>3][i&7], i, h)
		default:
			p.flushDouble(&c.double[i>>3][i&7], i, h)
		}
	}
}

func countSingle(into *single, codes []uint64, words int, gs []int64) {
	at := 0
	for _, g := range gs {
		c := codes[at]
		at += words
		into[0][uint8(c)] += g
		into[1][uint8(c>>8)] += g
		into[2][uint8(c>>16)] += g
		into[3][uint8(c>>24)] += g
		into[4][uint8(c>>32)] += g
		into[5][uint8(c>>40)] += g
		into[6][uint8(c>>48)] += g
		into[7][uint8(c>>56)] += g
	}
}

func countSingle4(into *single, codes []uint64, words int, gs []int64) {
	at := 0
	for _, g := range gs {
		c := codes[at]
		at += words
		into[0][uint8(c)] += g
		into[1][uint8(c>>8)] += g
		into[2][uint8(c>>16)] += g
		into[3][uint8(c>>24)] += g
	}
}

func add2(to *[2]int64, g, h int64) {
	to[0] += g
	to[1] += h
}

func countDouble(into *double, codes []uint64, words int, gs, hs []int64) {
	hs = hs[:len(gs)]
	at := 0
	for i, g := range gs {
		c, h := codes[at], hs[i]
		at += words
		add2(&into[0][uint8(c)], g, h)
		add2(&into[1][uint8(c>>8)], g, h)
		add2(&into[2][uint8(c>>16)], g, h)
		add2(&into[3][uint8(c>>24)], g, h)
		add2(&into[4][uint8(c>>32)], g, h)
		add2(&into[5][uint8(c>>40)], g, h)
		add2(&into[6][uint8(c>>48)], g, h)
		add2(&into[7][uint8(c>>56)], g, h)
	}
}

func countDouble4(into *double, codes []uint64, words int, gs, hs []int64) {
	hs = hs[:len(gs)]
	at := 0
	for i, g := range gs {
		c, h := codes[at], hs[i]
		at += words
		add2(&into[0][uint8(c)], g, h)
		add2(&into[1][uint8(c>>8)], g, h)
		add2(&into[2][uint8(c>>16)], g, h)
		add2(&into[3][uint8(c>>24)], g, h)
	}
}

func countTriple(into *triple, codes []uint64, words int, gs, hs, ws []int64) {
	hs, ws = hs[:len(gs)], ws[:len(gs)]
	at := 0
	for i, g := range gs {
		c, h, w := codes[at], hs[i], ws[i]
		at += words
		for i := range into {
			to := &into[i][uint8(c)]
			to[0] += g
			to[1] += h
			to[2] += w
			c >>= 8
		}
	}
}

// The flushes take what has been counted of a lane into the histogram of a node.

func (p *part) flushSingle(from *[codeBins]int64, lane int, h []int64) {
	l := &p.binned.lanes[lane]
	for code := range l.codes {
		v := from[code]
		if v == 0 {
			continue
		}
		from[code] = 0
		for i := range l.columns {
			at := l.at(i, code) * 2
			h[at] += v >> countBits
			h[at+1] += v & countMask
		}
	}
}

func (p *part) flushDouble(from *[codeBins][2]int64, lane int, h []int64) {
	l := &p.binned.lanes[lane]
	for code := range l.codes {
		v := from[code]
		if v[1] == 0 {
			continue
		}
		from[code] = [2]int64{}
		for i := range l.columns {
			at := l.at(i, code) * 3
			h[at] += v[0]
			h[at+1] += v[1] >> countBits
			h[at+2] += v[1] & countMask
		}
	}
}

func (p *part) flushWeighted(from *[codeBins][2]int64, lane int, h []int64) {
	l := &p.binned.lanes[lane]
	for code := range l.codes {
		v := from[code]
		from[code] = [2]int64{}
		for i := range l.columns {
			at := l.at(i, code) * 2
			h[at] += v[0]
			h[at+1] += v[1]
		}
	}
}

func (p *part) flushTriple(from *[codeBins][3]int64, lane int, h []int64) {
	l := &p.binned.lanes[lane]
	for code := range l.codes {
		v := from[code]
		from[code] = [3]int64{}
		for i := range l.columns {
			at := l.at(i, code) * 3
			for j, n := range v {
				h[at+j] += n
			}
		}
	}
}
