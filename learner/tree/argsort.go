package tree

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// noKey marks a missing value; it is the key of no number.
const noKey = math.MaxUint64

// sortedTogether is how many columns are read together: two cache lines of a
// row, and 8 bytes per row each while they are sorted.
const sortedTogether = 16

// sorter is room for sorting columns, kept from one part of them to the next.
type sorter struct {
	keys  [][]uint64 // one list per column, one key per row
	a, b  []uint64
	cells cells
}

// sortKey maps a number to an unsigned one of the same order, and a missing
// value to noKey.
func sortKey(v float64) uint64 {
	if math.IsNaN(v) {
		return noKey
	}
	if v == 0 {
		v = 0 // -0 is 0
	}
	b := math.Float64bits(v)
	return b ^ (uint64(int64(b)>>63) | 1<<63) // all bits of a negative number, the sign of any other
}

// sort orders the rows by each of the given columns, missing values last, and
// notes repeated and merged ones in the columns' ranks and merged.
func (t *Table) sort(poll *learner.Poll, s *sorter, columns []int) error {
	if err := t.readKeys(poll, s, columns); err != nil {
		return err
	}
	for j, f := range columns {
		order, present, repeated, merged, err := s.argsort(poll, s.keys[j])
		if err != nil {
			return err
		}
		c := &t.columns[f]
		t.orders[c.sorted] = order
		c.missing = present < t.rows
		c.merged = merged
		if repeated {
			c.ranks = ranks(order[:present], s.keys[j], s.cells)
		}
	}
	return nil
}

// sortBins is sort for columns that are then coded by bins, and writes a byte per row for each.
func (t *Table) sortBins(poll *learner.Poll, s *sorter, columns []int, weights []int64, into [][]uint8) error {
	if err := t.readKeys(poll, s, columns); err != nil {
		return err
	}
	for j, f := range columns {
		order, present, _, _, err := s.argsort(poll, s.keys[j])
		if err != nil {
			return err
		}
		into[f] = make([]uint8, t.rows)
		if err := t.bin(poll, f, s.keys[j], order, present, weights, into[f]); err != nil {
			return err
		}
	}
	return nil
}

// readKeys fills the sorter's keys with those of the given columns.
func (t *Table) readKeys(poll *learner.Poll, s *sorter, columns []int) error {
	for len(s.keys) < len(columns) {
		s.keys = append(s.keys, make([]uint64, t.rows))
	}
	const block = 256
	for first := 0; first < t.rows; first += block {
		for row := first; row < min(first+block, t.rows); row++ { // as they lie in memory
			line := t.x[row*t.stride:][:len(t.columns)]
			for j, f := range columns {
				s.keys[j][row] = sortKey(line[f])
			}
		}
		if err := poll.Work(block * len(columns)); err != nil {
			return err
		}
	}
	return nil
}

// argsort returns the rows by ascending key, of which the first ones, as many
// as present, have a value, and says whether any key is repeated. If none is,
// merged is the rows that share a cell with another, or nil. It is a
// radix sort (LSD) by the 32 leading bits of the range of keys, then a
// comparison sort of the few runs that those bits cannot tell apart.
func (s *sorter) argsort(poll *learner.Poll, keys []uint64) (order []uint32, present int, repeated bool, merged rowSet, err error) {
	order = make([]uint32, len(keys))
	lo, hi, absent := uint64(math.MaxUint64), uint64(0), len(keys)
	for row, k := range keys {
		if k == noKey {
			absent--
			order[absent] = uint32(row)
			continue
		}
		lo, hi = min(lo, k), max(hi, k)
	}
	present = absent
	shift := max(bits.Len64(hi-lo)-32, 0)
	if len(s.a) < len(keys) {
		s.a, s.b = make([]uint64, len(keys)), make([]uint64, len(keys))
	}
	a, b := s.a[:0:len(s.a)], s.b[:present]
	var counts [3][2048]uint32
	for row, k := range keys {
		if k == noKey {
			continue
		}
		v := (k-lo)>>shift<<32 | uint64(row)
		a = append(a, v)
		counts[0][v>>32&2047]++
		counts[1][v>>43&2047]++
		counts[2][v>>54&2047]++
	}
	for pass := range counts {
		if err := poll.Work(present); err != nil {
			return nil, 0, false, nil, err
		}
		at := &counts[pass]
		sum := uint32(0)
		for d, c := range at {
			at[d] = sum
			sum += c
		}
		down := 32 + 11*pass
		for _, v := range a {
			d := v >> (down & 63) & 2047
			b[at[d]] = v
			at[d]++
		}
		a, b = b, a
	}
	for from := 0; from < present; {
		order[from] = uint32(a[from])
		to := from + 1
		for ; to < present && a[to]>>32 == a[from]>>32; to++ {
			order[to] = uint32(a[to])
		}
		if run := order[from:to]; len(run) > 1 {
			if shift > 0 {
				slices.SortFunc(run, func(i, j uint32) int { return cmp.Compare(keys[i], keys[j]) })
			}
			for i := 1; i < len(run) && !repeated; i++ {
				repeated = keys[run[i]] == keys[run[i-1]]
			}
			if err := poll.Work(len(run)); err != nil {
				return nil, 0, false, nil, err
			}
		}
		from = to
	}
	if s.cells.bits > 0 && !repeated {
		near := uint64(1)<<s.cells.bits>>shift + 1
		for i := 1; i < present; i++ {
			if a[i]>>32-a[i-1]>>32 <= near && s.cells.of(keys[order[i]]) == s.cells.of(keys[order[i-1]]) {
				if merged == nil {
					merged = newRowSet(len(keys))
				}
				merged.add(order[i-1])
				merged.add(order[i])
			}
		}
	}
	return order, present, repeated, merged, nil
}

// ranks numbers the cells by ascending value, by row. order holds the rows that
// have a value.
func ranks(order []uint32, keys []uint64, c cells) []uint32 {
	ranks := make([]uint32, len(keys))
	rank := uint32(0)
	for i, r := range order {
		if i > 0 && c.of(keys[r]) != c.of(keys[order[i-1]]) {
			rank++
		}
		ranks[r] = rank
	}
	return ranks
}
