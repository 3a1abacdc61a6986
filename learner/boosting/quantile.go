package boosting

import (
	"math"
	"math/bits"
)

// A quantile of numbers that are spread over the parts is found by counting, like bins: the key of the number
// that is looked for is in a cell, and each round tells in which of its parts. Counted are also, for each bit of the
// keys in the cell, the rows that have it set. If that is none or all of them for each bit, all numbers in the cell are
// the same, and this one is found. So most quantiles take three rounds: the exponent, a cell with few other numbers,
// the number. In the first one there are too many rows to count their bits. There are no other numbers in it than some row has, and nothing is rounded.
//
// A quantile q of n rows without weights is the number at the place (n - 1) q in ascending order, counted from 0, and between two places
// what lies as far between their numbers (Hyndman, Fan 1996, definition 7, as in numpy). Of rows with weights it is the first number up to which
// there is the share q of all weight, and the middle of it and the next one if there is just that (their definition 2). So it does not matter
// in which unit weights are, and for medians a weight of k is the same as the row k times.

// mark is where a number is looked for: in the cell whose numbers' keys begin with the known bits of key. It is found
// when all bits are known.
type mark struct {
	key   uint64
	known int
	bits  int     // the cell is cut into 2^bits parts; 0 if the number is found
	below float64 // weight of the rows below the cell, in whole parts
}

const keyBits = 64

func (m mark) open() bool { return m.known < keyBits }

// counts is how many numbers a mark asks for: the weight of each part, and of the rows with each unknown bit set.
func (m mark) counts() int {
	if !m.open() {
		return 0
	}
	return 1<<m.bits + m.unknown()
}

// unknown is how many bits are counted by themselves.
func (m mark) unknown() int {
	if m.known == 0 {
		return 0
	}
	return keyBits - m.known
}

// part is where a key counts; -1: it is in another cell.
func (m mark) part(key uint64) int {
	if m.known > 0 && (key^m.key)>>(keyBits-m.known) != 0 {
		return -1
	}
	return int(key << m.known >> (keyBits - m.bits))
}

// add counts a row.
func (m mark) add(counts []int64, key uint64, weight int64) {
	at := m.part(key)
	if at < 0 {
		return
	}
	counts[at] += weight
	set := counts[1<<m.bits:]
	for rest := key & (1<<m.unknown() - 1); rest != 0; rest &= rest - 1 {
		set[bits.TrailingZeros64(rest)] += weight
	}
}

// quest is the search for a quantile: for the numbers at the place below it and the one above, which may be the same.
type quest struct {
	total float64 // weight of all rows, in whole parts; 0: not known yet
	marks [2]mark
}

// newQuests are searches in the beginning.
func newQuests(n int) []quest {
	quests := make([]quest, n)
	for i := range quests {
		quests[i].marks = [2]mark{{bits: firstBits}, {bits: firstBits}}
	}
	cut(quests)
	return quests
}

// shared reports whether both numbers are looked for in one cell.
func (q *quest) shared() bool {
	return q.marks[0].known == q.marks[1].known && q.marks[0].key == q.marks[1].key
}

// asked are the cells that are counted.
func (q *quest) asked() []mark {
	if q.shared() {
		return q.marks[:1]
	}
	return q.marks[:]
}

func (q *quest) open() bool { return q.marks[0].open() || q.marks[1].open() }

func (q *quest) counts() int {
	n := 0
	for _, m := range q.asked() {
		n += m.counts()
	}
	return n
}

// add counts a row's number.
func (q *quest) add(counts []int64, v float64, weight int64) {
	k := key(v)
	for _, m := range q.asked() {
		if m.open() {
			m.add(counts, k, weight)
			counts = counts[m.counts():]
		}
	}
}

// places are those in ascending order, in whole parts of weight, and how far the quantile is from the first to the second. The number at a place is the
// first one up to which there is more weight.
func (q *quest) places(share float64, h *head) (places [2]float64, rest float64) {
	if !h.unit {
		at := q.total * share
		return [2]float64{math.Nextafter(at, -1), at}, 0.5
	}
	at := max((q.total-1)*share, 0)
	first := math.Floor(at)
	if rest = at - first; rest == 0 {
		return [2]float64{first, first}, 0
	}
	return [2]float64{first, first + 1}, rest
}

// value is the quantile, when it is found.
func (q *quest) value(share float64, h *head) float64 {
	if q.total == 0 {
		return 0
	}
	_, rest := q.places(share, h)
	low, high := number(q.marks[0].key), number(q.marks[1].key)
	return low + float64(rest*(high-low))
}

// refine goes on to smaller cells by what was counted, but for their bits. It reports whether the counts can be.
func (q *quest) refine(counts []int64, share float64, h *head) bool {
	if q.total == 0 {
		for _, n := range counts[:1<<q.marks[0].bits] {
			q.total += float64(n)
		}
		if q.total == 0 { // no rows
			q.marks = [2]mark{{known: keyBits}, {known: keyBits}}
			return true
		}
	}
	places, _ := q.places(share, h)
	rows := 1.0 // in a whole part; of rows with weights as if they were so many
	if !h.unit {
		rows = (1 << firstBits) / q.total
	}
	if !q.shared() {
		_, first := q.marks[0].refine(counts, places[0], rows)
		_, second := q.marks[1].refine(counts[len(counts)-q.marks[1].counts():], places[1], rows)
		return first && second
	}
	before := q.marks[0]
	end, can := q.marks[0].refine(counts, places[0], rows)
	if can && end > places[1] {
		q.marks[1] = q.marks[0]
		return true
	}
	q.marks[1] = before
	_, can = q.marks[1].refine(counts, places[1], rows)
	return can
}

// refine goes on to the part of the cell that has the place, which ends where the next one begins. A whole part of weight is so many rows.
func (m *mark) refine(counts []int64, place, each float64) (end float64, can bool) {
	if !m.open() {
		return 0, true
	}
	parts, set := counts[:1<<m.bits], counts[1<<m.bits:m.counts()]
	found, past, total, below, sum := -1, false, int64(0), 0.0, m.below
	for i, n := range parts {
		if n < 0 {
			return 0, false
		}
		total += n
		if n == 0 || past {
			continue
		}
		found, below = i, sum
		sum += float64(n)
		past = sum > place
	}
	if found < 0 {
		return 0, false
	}
	if key, only := m.only(set, total); only {
		*m = mark{key: key, known: keyBits}
		return math.Inf(1), true
	}
	rows := min(float64(parts[found])*each, 1<<firstBits)
	*m = mark{key: m.key | uint64(found)<<(keyBits-m.known-m.bits), known: m.known + m.bits, below: below, bits: bits.Len64(uint64(rows * spread))}
	return sum, true
}

// only is the key of all rows in the cell, if they have the same, by the weights of those with each bit set.
func (m *mark) only(set []int64, total int64) (key uint64, only bool) {
	if m.known == 0 {
		return 0, false
	}
	key = m.key
	for i, n := range set {
		switch n {
		case total:
			key |= 1 << i
		case 0:
		default:
			return 0, false
		}
	}
	return key, true
}

// spread is how many parts a cell is cut into for each row in it, so that most have one row at most.
const spread = 32

// mostParts is how many parts there are of all cells in a round, unless two for each are more.
const mostParts = 1 << 18

// cut gives the cells of a round as many parts as there may be.
func cut(quests []quest) {
	cells := 0
	for i := range quests {
		for _, m := range quests[i].asked() {
			if m.open() {
				cells++
			}
		}
	}
	most := max(bits.Len64(uint64(mostParts/max(cells, 1)))-1, 1)
	for i := range quests {
		for j := range quests[i].marks {
			m := &quests[i].marks[j]
			m.bits = max(min(m.bits, most, firstBits, keyBits-m.known), 0)
			if m.open() {
				m.bits = max(m.bits, 1)
			}
		}
	}
}

// countsOf is how many numbers searches ask for.
func countsOf(quests []quest) int {
	n := 0
	for i := range quests {
		n += quests[i].counts()
	}
	return n
}

// refineAll goes on with all searches, and reports whether there are any left. An error is counts that cannot be.
func (t *trainer) refineAll(quests []quest, h *head, counts []int64) (open bool, err error) {
	for i := range quests {
		q := &quests[i]
		n := q.counts()
		if n > 0 && !q.refine(counts[:n], t.share(), h) {
			return false, errState
		}
		counts = counts[n:]
		open = open || q.open()
	}
	cut(quests)
	return open, nil
}

func appendQuests(numbers []float64, quests []quest) []float64 {
	for i := range quests {
		q := &quests[i]
		numbers = append(numbers, q.total)
		for _, m := range q.marks {
			numbers = append(numbers, float64(m.key>>32), float64(m.key%half), float64(m.known), float64(m.bits), m.below)
		}
	}
	return numbers
}

func (s *scanner) quests(n int) []quest {
	if n > len(s.data) {
		s.fail()
		return nil
	}
	quests := make([]quest, n)
	parts := 0
	for i := range quests {
		q := &quests[i]
		q.total = s.float()
		for j := range q.marks {
			m := &q.marks[j]
			m.key = uint64(s.int(0, half-1))<<32 | uint64(s.int(0, half-1))
			m.known = s.int(0, keyBits)
			m.bits = s.int(0, min(firstBits, keyBits-m.known))
			m.below = s.float()
			if m.open() && (m.bits == 0 || m.key<<m.known != 0) || q.shared() && q.marks[0] != q.marks[1] && j == 1 {
				s.fail()
			}
			parts += 1 << m.bits
		}
	}
	if parts > 2*mostParts+4*n {
		s.fail()
	}
	if s.err != nil {
		return nil
	}
	return quests
}
