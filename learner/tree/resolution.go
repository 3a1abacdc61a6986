package tree

import "math"

// Resolution says which values of a feature a threshold may come between.
type Resolution string

// The resolutions.
const (
	// Float32 is for values that differ in the 24 binary digits that a float32 keeps, and is the default:
	// libraries that compute with float32, as scikit-learn's trees do, tell no others apart. A column that
	// repeats another but for rounding errors offers no splits of its own then.
	Float32 Resolution = "float32"
	// Exact is for all values that differ.
	Exact Resolution = "exact"
)

// cells is how values are told apart, by their sortKeys: those of one cell are one value. The zero value
// tells all apart.
type cells struct {
	half uint64 // of a cell's width
	bits int    // of the key that do not count
}

// spareBits are the binary digits that a float64 has beyond those of a float32.
const spareBits = 52 - 23

func (r Resolution) cells() cells {
	if r == Exact {
		return cells{}
	}
	return cells{half: 1 << (spareBits - 1), bits: spareBits}
}

// of is a key's cell; rounded, so that a value that a float32 holds is in the middle of its own.
func (c cells) of(key uint64) uint64 { return (key + c.half) >> c.bits }

// merge reports whether two values are one. A missing value is none.
func (c cells) merge(v, w float64) bool {
	if c.bits == 0 || math.IsNaN(v) || math.IsNaN(w) {
		return v == w
	}
	if size := math.Abs(v) + math.Abs(w); size > 1e-290 && math.Abs(v-w) > 1e-6*size { // far apart, as nearly always
		return false
	}
	return c.of(sortKey(v)) == c.of(sortKey(w))
}

// merged reports whether the values of two rows in a sorted column are one without being equal.
func (t *Table) merged(column int, i, j uint32) bool {
	rows := t.columns[column].merged
	return rows != nil && rows.has(i) && rows.has(j) && t.cells.merge(t.value(i, column), t.value(j, column))
}

// rowSet is a set of a table's rows.
type rowSet []uint64

func newRowSet(rows int) rowSet { return make(rowSet, (rows+63)/64) }

func (s rowSet) add(row uint32) { s[row>>6] |= 1 << (row & 63) }

func (s rowSet) has(row uint32) bool { return s[row>>6]>>(row&63)&1 != 0 }
