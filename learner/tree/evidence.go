package tree

import (
	"math"

	"github.com/gochimera/chimera/learner"
)

// evidence is what the rows of a growing tree say about the target. Rows are
// kept in node order: those of a node are the range [lo, hi). All sums are
// integers (weights and targets in fixed point), so they do not depend on the
// order of addition or on the way a column is searched, and a row of weight k
// adds up to exactly what k rows do.
//
// A total, and a bin of a histogram, is width() integers.
type evidence interface {
	width() int
	// total adds up the rows of a node.
	total(lo, hi int, into []int64)
	// side adds up those rows of a node that go left, as 1 in left.
	side(lo int, left []uint8, into []int64)
	// weight is the sum of the weights in a total, in fixed point.
	weight(total []int64) int64
	// predict writes what a node with this total predicts.
	predict(total []int64, into []float64)
	// score rates a split with the given left side; see split.
	score(total, left []int64) (num, den float64)
	// gain turns a score into the decrease of the weighted sum of impurities,
	// in units of 2^exponent().
	gain(total []int64, num, den float64) float64
	exponent() int

	// addGroup counts the rows of up to 8 coded columns: the bins of column j
	// begin at hist[offset[j]]. Where there are fewer columns, offset names a
	// place that nobody reads, and every offset is followed by 256 bins.
	addGroup(hist []int64, offset *[chunk]int, columns int, words []uint64, lo int)
	// addColumn counts the rows of the column at the given shift and marks the
	// bins it meets.
	addColumn(hist []int64, words []uint64, shift uint, lo int) bitmap
	// bins finds the best split of a column that has been counted.
	bins(q *query, hist []int64, used bitmap, missing int) split
	// units is for evidence in which every row weighs 1 and adds one number to
	// a sum, which is the masked bits: those numbers, and the sum in total.
	// Else values is nil.
	units(total []int64) (values []int64, mask, sum int64)
	// order16 and order32 find the best split of a sorted column, whose last
	// rows, as many as missing, have no value.
	order16(q *query, order []uint16, missing int) split
	order32(q *query, order []uint32, missing int) split

	// partition moves the rows of a node that go left to its front, both sides
	// in their old order.
	partition(lo, hi int, left []uint8, spare *spare)
	// subset copies the rows [lo, hi) into old, which an earlier subset made,
	// or into something new if old is nil.
	subset(lo, hi int, old evidence) evidence
}

// split is the best split found so far. Its score is num/den; splits are
// compared crosswise, which is exact for small whole numbers, so that ties are
// ties and go to the one that came first.
type split struct {
	num, den    float64
	feature     int
	at          int // coded: the last code that goes left; sorted: the number of rows with a value that go left, less one
	next        int // coded: the first code that goes right; -1, also if sorted: only missing values do
	threshold   float64
	missing     bool // the node has rows without a value
	missingLeft bool
}

// none is worse than every split, also than one that gains nothing: a node that
// is not pure is split further as long as a column can tell its rows apart.
var none = split{num: -1, den: 1}

func (s *split) found() bool { return s.num >= 0 }

func (s *split) beats(best *split) bool { return s.num*best.den > best.num*s.den }

// query is one search for a split of one node by one column.
type query struct {
	total   []int64
	lo      int
	minLeaf int64
	ranks   []uint32 // of the table's rows; nil if all values differ
	merge   *merging // nil if no values are merged but not repeated
	rows    []uint32 // of the node: table rows
	words   []uint64 // of the node: a coded column is at the given shift; nil if the column is sorted
	shift   uint
	scratch *scratch
	bar     *bar

	// As evidence.units, of the node.
	values    []int64
	mask, sum int64
}

// tied says whether two rows of the node have the same value.
func (q *query) tied(i, j int) bool {
	if q.ranks == nil {
		return q.merge != nil && q.merge.same(q.rows[i], q.rows[j])
	}
	return q.ranks[q.rows[i]] == q.ranks[q.rows[j]]
}

// same is tied for columns of both kinds.
func (q *query) same(i, j int) bool {
	if q.words != nil {
		return uint8(q.words[i]>>q.shift) == uint8(q.words[j]>>q.shift)
	}
	return q.tied(i, j)
}

// differ says that no two rows of the node have the same value.
func (q *query) differ() bool { return q.ranks == nil && q.merge == nil }

// merging tells which rows of a column have merged values.
type merging struct {
	table  *Table
	column int
}

func (m *merging) same(i, j uint32) bool { return m.table.merged(m.column, i, j) }

// rowID is a row's place within its node.
type rowID interface{ uint16 | uint32 }

// bitmap is a set of codes.
type bitmap [4]uint64

func (b *bitmap) add(code uint8) { b[code>>6] |= 1 << (code & 63) }

func (b *bitmap) has(code int) bool { return code < 256 && b[code>>6]>>(code&63)&1 != 0 }

func (b *bitmap) remove(code int) { b[code>>6] &^= 1 << (code & 63) }

// marked is the set of bins that any row fell into.
func marked(hist []int64, width, bins int) bitmap {
	var b bitmap
	for code := range bins {
		var bits int64
		for _, v := range hist[code*width : (code+1)*width] {
			bits |= v
		}
		if bits != 0 {
			b.add(uint8(code))
		}
	}
	return b
}

// newEvidence picks the leanest form for the rows and the criterion.
func newEvidence(t *Table, rows []uint32, w *fixed, criterion Criterion) evidence {
	switch {
	case criterion == AbsoluteError:
		return newMedians(t, rows, w)
	case criterion == Poisson:
		return newDeviance(t, rows, w)
	case t.task == learner.Regression:
		return newSums(t, rows, w)
	}
	present, place := presentClasses(t, rows)
	if criterion == Gini && len(present) <= 2 && w.whole && w.total <= math.MaxInt32 {
		return newPacked(t, rows, w, present)
	}
	return newCounts(t, rows, w, criterion, present, place)
}

// presentClasses lists the classes that rows have, and the place of each class
// in that list.
func presentClasses(t *Table, rows []uint32) (present, place []int32) {
	place = make([]int32, t.classes)
	for _, r := range rows {
		place[int(t.y[r])] = 1
	}
	for class, there := range place {
		if there != 0 {
			place[class] = int32(len(present))
			present = append(present, int32(class))
		}
	}
	return present, place
}
