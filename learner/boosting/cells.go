package boosting

import (
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// Bins come from counts of rows in cells, which are intervals of numbers that begin with the same bits. Each round
// counts the parts of the cells that are still too coarse, until a column has a cell of its own for each of its
// values, or so many small ones that the bins that are made of them have almost the same number of rows. All of it
// follows from counts alone, and so is the same for any cut of the rows.

const (
	// grid is how many counts a column may have in a round.
	grid = 1 << 13
	// fine: a cell with less than this share of the rows is small enough, if there are more cells than bins.
	fine = 1.0 / 2048
	// firstBits is the sign and the exponent, and residual sizes are counted by exponents alone.
	firstBits = 12
	exponents = 1 << 11
)

// key brings numbers that are not missing into the order of whole numbers: -0 is 0.
func key(v float64) uint64 {
	bits := math.Float64bits(v + 0)
	if bits>>63 != 0 {
		return ^bits
	}
	return bits | 1<<63
}

func number(key uint64) float64 {
	if key>>63 != 0 {
		return math.Float64frombits(key &^ (1 << 63))
	}
	return math.Float64frombits(^key)
}

// cell is the numbers whose keys begin with the known bits of key; the other bits of key are 0.
type cell struct {
	key   uint64
	known int
	count float64 // weight of its rows, in whole parts; -1: its parts are being counted
}

func (c cell) open() bool { return c.count < 0 }

func (c cell) lowest() float64 { return number(c.key) }

func (c cell) highest() float64 { return number(c.key | 1<<(64-c.known) - 1) }

// cells is the cells of one column that have rows, in order. Open ones are cut into 2^bits parts.
type cells struct {
	bits  int
	steps []int // bits known to the cells after each round, those of the open ones last
	cells []cell
}

func firstCells() cells { return cells{bits: firstBits, steps: []int{0}, cells: []cell{{count: -1}}} }

func (c *cells) opened() int {
	n := 0
	for _, one := range c.cells {
		if one.open() {
			n++
		}
	}
	return n
}

// counts is how many numbers a column asks for: how many rows have no value, and the weight of each part.
func (c *cells) counts() int { return 1 + c.opened()<<c.bits }

const half = 1 << 32

func appendCells(state []float64, columns []cells) []float64 {
	for _, c := range columns {
		state = append(state, float64(c.bits), float64(len(c.steps)))
		for _, known := range c.steps {
			state = append(state, float64(known))
		}
		state = append(state, float64(len(c.cells)))
		for _, one := range c.cells {
			state = append(state, float64(one.key>>32), float64(one.key%half), float64(one.known), one.count)
		}
	}
	return state
}

func (s *scanner) cells(features int) []cells {
	var columns []cells
	for range features {
		c := cells{bits: s.int(0, firstBits)}
		for range s.int(0, 64) {
			c.steps = append(c.steps, s.int(0, 64))
		}
		numbers := s.floats(4 * s.int(0, len(s.data)))
		if s.err != nil || len(c.steps) == 0 {
			s.fail()
			return nil
		}
		c.cells = make([]cell, len(numbers)/4)
		for i := range c.cells {
			n := numbers[4*i:]
			if !wholeBelow(n[0], half) || !wholeBelow(n[1], half) || !wholeBelow(n[2], keyBits+1) {
				s.fail()
				return nil
			}
			c.cells[i] = cell{key: uint64(n[0])<<32 | uint64(n[1]), known: int(n[2]), count: n[3]}
		}
		if !c.valid() {
			s.fail()
			return nil
		}
		columns = append(columns, c)
	}
	return columns
}

func wholeBelow(v, limit float64) bool { return v >= 0 && v < limit && v == math.Trunc(v) }

// valid reports whether the cells are in order and the open ones have the length that they should have.
func (c *cells) valid() bool {
	last := c.steps[len(c.steps)-1]
	for i := 1; i < len(c.steps); i++ {
		if c.steps[i] <= c.steps[i-1] || c.steps[i]-c.steps[i-1] > firstBits {
			return false
		}
	}
	if c.opened() > 0 && c.bits == 0 || !c.findable() {
		return false
	}
	for i, one := range c.cells {
		if one.known > 0 && one.known < 64 && one.key<<one.known != 0 {
			return false
		}
		if one.known < 0 || one.known > 64 || one.open() && one.known != last || !(one.count <= math.MaxFloat64) || i > 0 && one.key <= c.cells[i-1].key {
			return false
		}
	}
	return c.steps[0] == 0 && last+c.bits <= 64 && c.opened()<<c.bits <= grid
}

// counted is what is counted for the bins, and for the score that every row begins with if that is a quantile.
type counted struct {
	base    []quest // one, or none
	columns []cells
}

func (c *counted) appendTo(state []float64) []float64 {
	return appendCells(appendQuests(state, c.base), c.columns)
}

func (t *trainer) counted(s *scanner, h *head) *counted {
	c := &counted{}
	if t.loss.late() {
		c.base = s.quests(1)
	}
	c.columns = s.cells(h.features)
	return c
}

// findable reports whether the tables of a finder are as small as those of a training, which has opened at most as many cells in each round as there
// are counts for.
func (c *cells) findable() bool {
	for l := range len(c.steps) - 1 {
		prefixes, last := 0, uint64(0)
		for _, one := range c.cells {
			if above := prefixOf(one.key, 64-c.steps[l]); one.open() && (prefixes == 0 || above != last) {
				prefixes, last = prefixes+1, above
			}
		}
		if prefixes<<(c.steps[l+1]-c.steps[l]) > grid {
			return false
		}
	}
	return true
}

// shape is how many counts a state asks for: of residuals by their exponents, of the base, then of each column.
func (c *counted) shape() int {
	n := exponents + countsOf(c.base)
	for j := range c.columns {
		n += c.columns[j].counts()
	}
	return n
}

// refined makes the next state of the counts of cells.
func (t *trainer) refined(s learner.Schema, h *head, c *counted, sums []int64) (learner.Advance, error) {
	at, open := exponents+countsOf(c.base), false
	if len(c.base) > 0 && c.base[0].open() {
		if _, err := t.refineAll(c.base, h, sums[exponents:at]); err != nil {
			return learner.Advance{}, err
		}
		open = true // the residuals have to be counted, when it is known
		h.base = []float64{c.base[0].value(t.share(), h)}
	}
	columns := c.columns
	missing := make([]bool, len(columns))
	for j := range columns {
		c := &columns[j]
		n := c.counts()
		missing[j] = sums[at] > 0
		*c = c.refine(sums[at+1:at+n], t.MaxBins)
		open = open || c.opened() > 0
		at += n
	}
	if open {
		return learner.Advance{State: c.appendTo(h.write()), Loss: math.NaN()}, nil
	}
	largest := smallestExponent
	for e, n := range sums[:exponents] {
		if n > 0 {
			largest = max(largest, e-1022)
		}
	}
	made, err := t.marked(s)
	if err != nil {
		return learner.Advance{}, err
	}
	first := t.loss.firstBounds(largest, h)
	if err := t.loss.diverged(first); err != nil {
		return learner.Advance{}, err
	}
	h.phase = boosting
	state := h.write()
	for j := range columns {
		one := &made[j]
		if one.missing = missing[j]; one.categorical {
			if one.thresholds, err = columns[j].categories(t.MaxBins, j, s.Features[j]); err != nil {
				return learner.Advance{}, err
			}
		} else {
			one.thresholds = columns[j].edges(t.MaxBins)
		}
		state = append(append(state, float64(one.properties()), float64(len(one.thresholds))), one.thresholds...)
	}
	begin := cursor{start: len(state)}
	return learner.Advance{State: begin.appendTo(appendRecord(state, beginRecord, append(first.numbers(), 0)...)), Loss: math.NaN()}, nil
}

// refine puts the counted parts in place of open cells and opens those that are too coarse.
func (c *cells) refine(counts []int64, bins int) cells {
	next := cells{steps: c.steps}
	last := c.steps[len(c.steps)-1] + c.bits
	total := 0.0
	for _, one := range c.cells {
		if !one.open() {
			next.cells = append(next.cells, one)
			total += one.count
			continue
		}
		for part, n := range counts[:1<<c.bits] {
			if n > 0 {
				next.cells = append(next.cells, cell{key: one.key | uint64(part)<<(64-last), known: last, count: float64(n)})
				total += float64(n)
			}
		}
		counts = counts[1<<c.bits:]
	}
	if last == 64 || len(next.cells) == 0 {
		return next
	}
	opened := 0
	for i := range next.cells {
		one := &next.cells[i]
		if one.known == last && (len(next.cells) <= bins || one.count > total*fine) {
			one.count = -1
			opened++
		}
	}
	if opened == 0 {
		return next
	}
	next.bits = 1
	for next.bits < firstBits && opened<<(next.bits+1) <= grid {
		next.bits++
	}
	next.bits = min(next.bits, 64-last)
	next.steps = append(slices.Clone(c.steps), last)
	return next
}

// edges are the thresholds between bins: between all values if there are no more than bins, else where shares of
// 1/bins of the weight end.
func (c *cells) edges(bins int) []float64 {
	var edges []float64
	total := 0.0
	for _, one := range c.cells {
		total += one.count
	}
	sum, next := 0.0, 1
	for i, one := range c.cells[:max(len(c.cells)-1, 0)] {
		sum += one.count
		if len(c.cells) > bins {
			if sum*float64(bins) < total*float64(next) {
				continue
			}
			for sum*float64(bins) >= total*float64(next) {
				next++
			}
		}
		edges = append(edges, between(one.highest(), c.cells[i+1].lowest()))
	}
	return edges
}

// between is the middle of two numbers, of which the second is larger; it is below that one.
func between(a, b float64) float64 {
	if middle := a/2 + b/2; middle > a && middle < b {
		return middle
	}
	return a
}
