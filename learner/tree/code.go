package tree

import (
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// maxCodes is how many distinct values a coded column may have; one more code
// is for missing values, and all of them fit in a byte.
const maxCodes = 255

// coder numbers the distinct values of one column by first appearance.
type coder struct {
	slots  [1024]uint16 // hash table: code + 1, or 0 for empty
	keys   [1024]uint64
	values []float64
	nan    int // code + 1 of missing values, or 0
	limit  int // of distinct values, missing ones aside
	full   bool
}

// known returns v's number plus 1 if v is at the first place it may be at,
// which is nearly always so, else 0.
func (c *coder) known(v float64) uint16 {
	key := math.Float64bits(v)
	h := key * 0x9e3779b97f4a7c15 >> 54
	if c.keys[h] != key {
		return 0
	}
	return c.slots[h]
}

// code returns v's number; it sets full once there are too many.
func (c *coder) code(v float64) uint8 {
	if v == 0 {
		v = 0 // -0 is 0
	}
	key := math.Float64bits(v)
	for h := key * 0x9e3779b97f4a7c15 >> 54; ; h = (h + 1) & 1023 {
		at := c.slots[h&1023]
		if at == 0 {
			return c.add(v, key, h&1023)
		}
		if c.keys[h&1023] == key {
			return uint8(at - 1)
		}
	}
}

func (c *coder) add(v float64, key, slot uint64) uint8 {
	if math.IsNaN(v) { // every NaN is the one missing value, whatever its bits
		if c.nan != 0 {
			return uint8(c.nan - 1)
		}
		key = math.Float64bits(math.NaN())
		c.nan = len(c.values) + 1
	}
	distinct := len(c.values) + 1
	if c.nan != 0 {
		distinct--
	}
	if distinct > c.limit {
		c.full = true
		return 0
	}
	c.values = append(c.values, v)
	c.slots[slot], c.keys[slot] = uint16(len(c.values)), key
	return uint8(len(c.values) - 1)
}

// ranked returns the distinct values in ascending order and, for each number by
// first appearance, its rank; missing values rank after all others.
func (c *coder) ranked() (values []float64, rank [256]uint8) {
	values = slices.DeleteFunc(slices.Clone(c.values), math.IsNaN)
	slices.Sort(values)
	for code, v := range c.values {
		if math.IsNaN(v) {
			rank[code] = uint8(len(values))
			continue
		}
		at, _ := slices.BinarySearch(values, v)
		rank[code] = uint8(at)
	}
	return values, rank
}

// maxCoders is how many columns are coded together at most: a coder takes 10 KB.
const maxCoders = 64

// code ranks the values of the given columns and writes a byte per row for those
// that have few. It reads the rows one after the other, as they lie in memory,
// and gives up on a column once it has too many values.
func (t *Table) code(poll *learner.Poll, columns []int, into [][]uint8) error {
	coders := make([]coder, len(columns))
	open := make([]int, len(columns)) // places in columns
	for j, f := range columns {
		coders[j].limit, open[j] = t.tuning.maxCodes, j
		into[f] = make([]uint8, t.rows)
	}
	const block = 128
	values := make([]float64, block*len(columns)) // of a block, column after column
	for first := 0; first < t.rows && len(open) > 0; first += block {
		n := min(block, t.rows-first)
		if err := poll.Work(n * len(open)); err != nil {
			return err
		}
		for i := range n {
			line := t.x[(first+i)*t.stride:][:len(t.columns)]
			for k, j := range open {
				values[k*block+i] = line[columns[j]]
			}
		}
		for k, j := range open {
			c, codes := &coders[j], into[columns[j]][first:first+n]
			for i, v := range values[k*block:][:n] {
				if k := c.known(v); k != 0 {
					codes[i] = uint8(k - 1)
				} else {
					codes[i] = c.code(v)
				}
			}
		}
		open = slices.DeleteFunc(open, func(j int) bool { return coders[j].full })
	}
	for j, f := range columns {
		if coders[j].full {
			into[f] = nil
			continue
		}
		c := &t.columns[f]
		values, rank := coders[j].ranked()
		if t.anyMerge(values) { // a code stands for one value alone
			into[f] = nil
			continue
		}
		c.values = values
		c.missing = coders[j].nan != 0
		for row, code := range into[f] {
			into[f][row] = rank[code]
		}
		if err := poll.Work(t.rows); err != nil {
			return err
		}
	}
	return nil
}

// anyMerge reports whether any of the ascending values are in one cell.
func (t *Table) anyMerge(values []float64) bool {
	for i := 1; i < len(values); i++ {
		if t.cells.merge(values[i-1], values[i]) {
			return true
		}
	}
	return false
}

// pack lays the codes of up to 8 columns side by side, one word per row.
func pack(poll *learner.Poll, columns []int, bytes [][]uint8, words []uint64) error {
	for j, f := range columns {
		shift := 8 * j
		for row, code := range bytes[f] {
			words[row] |= uint64(code) << shift
		}
		if err := poll.Work(len(words)); err != nil {
			return err
		}
	}
	return nil
}
