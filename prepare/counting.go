package prepare

import (
	"math"
	"slices"
)

// smallWhole is the first whole number that is counted in an array instead of in buckets or by sorting.
const smallWhole = 1024

// counting counts the numbers of a column.
type counting struct {
	small   [2 * smallWhole]int // of the whole numbers from -smallWhole
	others  []uint64            // ordered
	missing int                 // cells that were NaN
	sizes   [exponents]uint32   // how many of the others have each sign and exponent
}

// add counts the numbers data[first], data[first+stride] and so on. There were seen cells before, and left are to come,
// these included.
func (c *counting) add(data []float64, first, stride, seen, left int) {
	n := len(c.others)
	if most := len(data)/stride + 1; n+most > cap(c.others) {
		if 2*n > seen { // the rest will be like that: no need to go there in steps
			most = max(most, left)
		}
		c.others = slices.Grow(c.others, most)
	}
	others := c.others[:cap(c.others)]
	if 2*n > seen {
		for i := first; i < len(data); i += stride {
			if x := data[i] + 0; x == x { // small whole numbers may be among the others too
				k := ordered(math.Float64bits(x))
				c.sizes[k>>(64-exponentBits)]++
				others[n] = k
				n++
			}
		}
		c.missing += (len(data)-first+stride-1)/stride - (n - len(c.others))
		c.others = others[:n]
		return
	}
	for i := first; i < len(data); i += stride {
		x := data[i]
		switch w := int64(x); {
		case w >= -smallWhole && w < smallWhole && float64(w) == x:
			c.small[w+smallWhole]++
		case x == x:
			k := ordered(math.Float64bits(x))
			c.sizes[k>>(64-exponentBits)]++
			others[n] = k
			n++
		default:
			c.missing++
		}
	}
	c.others = others[:n]
}

// values lists what was counted, and counts from 0 again.
func (c *counting) values(memory *scratch) *Values {
	var whole []run
	for n, count := range c.small {
		if count > 0 {
			whole = append(whole, run{ordered(math.Float64bits(float64(n - smallWhole))), count})
		}
	}
	var v *Values
	if runs, width := bucketed(c.others, &c.sizes, whole, memory); runs != nil {
		v = listed(runs, width)
	} else {
		sortKeys(c.others, memory.keysOf(len(c.others)))
		v = valuesOf(mergeRuns(whole, runsOf(c.others)), 64)
	}
	clear(c.small[:])
	clear(c.sizes[:])
	c.others, c.missing = c.others[:0], 0
	return v
}

// runsOf are the runs of ascending keys.
func runsOf(keys []uint64) []run {
	distinct := 0
	for i, k := range keys {
		if i == 0 || k != keys[i-1] {
			distinct++
		}
	}
	runs := make([]run, 0, distinct)
	for i, k := range keys {
		if i == 0 || k != keys[i-1] {
			runs = append(runs, run{k, 0})
		}
		runs[len(runs)-1].count++
	}
	return runs
}
