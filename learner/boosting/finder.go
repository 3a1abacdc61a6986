package boosting

// finder finds the count that a number adds to, among those that a column asks for.
type finder struct {
	levels []level
	shift  int
	mask   uint64
	bits   int
}

// level is a table for each cell of one length that has open cells in it, one after the other: of what the next bits
// lead to, counted from 1; 0 is nothing.
type level struct {
	shift, bits int
	next        []uint32
}

func newFinder(c *cells) *finder {
	last := len(c.steps) - 1
	f := &finder{shift: 64 - c.steps[last] - c.bits, mask: 1<<c.bits - 1, bits: c.bits}
	for l := range last {
		bits := c.steps[l+1] - c.steps[l]
		f.levels = append(f.levels, level{shift: 64 - c.steps[l+1], bits: bits})
	}
	prefix := make([]uint64, len(f.levels)) // of the cell that was added last
	nodes := make([]int, len(f.levels)+1)
	for i := range f.levels {
		prefix[i] = 1 // no prefix of a sorted cell's key but the first one's, for which there are no nodes yet
	}
	for _, one := range c.cells {
		if !one.open() {
			continue
		}
		for l := range f.levels {
			lev := &f.levels[l]
			above := prefixOf(one.key, 64-c.steps[l])
			if nodes[l] == 0 || above != prefix[l] {
				prefix[l] = above
				nodes[l]++
				lev.next = append(lev.next, make([]uint32, 1<<lev.bits)...)
			}
			at := (nodes[l]-1)<<lev.bits | int(one.key>>lev.shift&(1<<lev.bits-1))
			if l+1 < len(f.levels) && (nodes[l+1] == 0 || prefixOf(one.key, lev.shift) != prefix[l+1]) {
				lev.next[at] = uint32(nodes[l+1] + 1)
			}
			if l+1 == len(f.levels) {
				nodes[l+1]++
				lev.next[at] = uint32(nodes[l+1])
			}
		}
	}
	return f
}

// prefixOf is the key without its low bits.
func prefixOf(key uint64, low int) uint64 { return key >> low }

// find is where v counts: 0 if it is missing, -1 if it is in no open cell.
func (f *finder) find(v float64) int {
	if v != v {
		return 0
	}
	k, at := key(v), 0
	for i := range f.levels {
		l := &f.levels[i]
		next := l.next[at<<l.bits|int(k>>l.shift&(1<<l.bits-1))]
		if next == 0 {
			return -1
		}
		at = int(next) - 1
	}
	return 1 + at<<f.bits + int(k>>f.shift&f.mask)
}

// find is what a finder finds, cell by cell: for few numbers.
func (c *cells) find(v float64) int {
	if v != v {
		return 0
	}
	last := c.steps[len(c.steps)-1]
	k, open := key(v), 0
	for _, one := range c.cells {
		switch {
		case !one.open():
		case prefixOf(one.key, 64-last) == prefixOf(k, 64-last):
			return 1 + open<<c.bits + int(prefixOf(k, 64-last-c.bits)&(1<<c.bits-1))
		default:
			open++
		}
	}
	return -1
}
