package trial

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"slices"
)

// OneSet reports whether several workers all have the same rows, in the same order.
func OneSet(tables []*Table) bool {
	first := tables[0]
	return len(tables) > 1 && !slices.ContainsFunc(tables[1:], func(t *Table) bool { return !sameOrder(first, t) })
}

func sameOrder(a, b *Table) bool {
	return bytes.Equal(a.header, b.header) && slices.Equal(a.Groups, b.Groups) && slices.EqualFunc(a.rows, b.rows, bytes.Equal) &&
		slices.EqualFunc(a.targets, b.targets, bytes.Equal)
}

// Shared finds tables of the same rows, in whatever order, as workers have them that share a folder. first is, of each table, which is the
// first with its rows: itself, if none before has them. The others are given the order of the first, so that a row has one place in all of them.
func Shared(tables []*Table) (same []*Table, first []int) {
	sums := make([]uint64, len(tables))
	for i, t := range tables {
		same, first = append(same, t), append(first, i)
		for row := range t.rows {
			sums[i] += t.hash(row) // in whatever order
		}
		for k, earlier := range tables[:i] {
			if first[k] == k && sums[k] == sums[i] && sameRows(earlier, t) {
				same[i], first[i] = earlier.For(t.Worker), k
				break
			}
		}
	}
	return same, first
}

// sameRows reports whether two tables have the same rows, each as often.
func sameRows(a, b *Table) bool {
	if sameOrder(a, b) {
		return true
	}
	if len(a.rows) != len(b.rows) || !bytes.Equal(a.header, b.header) {
		return false
	}
	counts := map[string]int{}
	for row := range a.rows {
		counts[string(a.whole(row))]++
	}
	for row := range b.rows {
		key := string(b.whole(row))
		if counts[key] == 0 {
			return false
		}
		counts[key]--
	}
	return true
}

// whole is a row with its target and its group.
func (t *Table) whole(row int) []byte {
	out := append(bytes.Clone(t.rows[row]), '\n')
	out = append(append(out, t.targets[row]...), '\n')
	if t.Groups != nil {
		out = append(out, t.Groups[row]...)
	}
	return out
}

var seed = maphash.MakeSeed()

func (t *Table) hash(row int) uint64 { return maphash.Bytes(seed, t.whole(row)) }

// Repeats is a note on rows that are in several of the tables that Shared has told apart; "" if there are none.
func Repeats(tables []*Table, first []int) string {
	const several = -1
	of, rows := map[uint64]int{}, 0 // the table of each row
	each := func(do func(table int, row uint64)) {
		for i, t := range tables {
			if first[i] != i {
				continue
			}
			for row := range t.rows {
				do(i, t.hash(row))
			}
		}
	}
	each(func(table int, row uint64) {
		if before, known := of[row]; known && before != table {
			table = several
		}
		of[row] = table
		rows++
	})
	repeated := 0
	each(func(_ int, row uint64) {
		if of[row] == several {
			repeated++
		}
	})
	if repeated == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d rows have an equal among the rows of another worker: if that is the same row, what one holds out the other may "+
		"train on, and the scores are too good; give each row to one worker, or have the workers share a folder", repeated, rows)
}
