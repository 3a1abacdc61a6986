package inspect

import (
	"math"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
)

// repeats finds rows whose features are those of an earlier one. It compares 64-bit hashes: among a million
// rows the chance that any two that differ are taken for the same is one in 37 million.
type repeats struct {
	limit int
	first map[uint64]uint64 // the hash of the target by that of the features
	found Duplicates
}

// rememberedRows bounds the memory to about 50 MB.
const rememberedRows = 1 << 20

func newRepeats(limit int) *repeats { return &repeats{limit: limit, first: map[uint64]uint64{}} }

func (r *repeats) add(cells []datafile.Cell, target datafile.Cell, at datafile.Place) {
	h := offset
	for _, c := range cells {
		h = hash(h, c)
	}
	y := hash(offset, target)
	earlier, known := r.first[h]
	switch {
	case known:
		if r.found.Rows++; r.found.Rows == 1 {
			r.found.Example = at.Line
		}
		if earlier != y {
			r.found.Conflicts++
		}
	case len(r.first) < r.limit:
		r.first[h] = y
	default:
		r.found.Among = r.limit
	}
}

// The numbers of FNV-1a (Fowler, Noll and Vo).
const (
	offset uint64 = 14695981039346656037
	prime  uint64 = 1099511628211
)

// hash continues a hash with a cell.
func hash(h uint64, c datafile.Cell) uint64 {
	h = (h ^ uint64(c.Kind)) * prime
	switch {
	case c.Kind == datafile.Number && !c.Beyond:
		bits := math.Float64bits(c.Number)
		for range 8 {
			h = (h ^ bits&0xff) * prime
			bits >>= 8
		}
	case c.Kind != datafile.Missing:
		for _, b := range c.Text {
			h = (h ^ uint64(b)) * prime
		}
	}
	return h
}
