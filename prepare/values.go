package prepare

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Values counts numbers. Up to MostValues distinct ones are counted one by one. Beyond that, numbers that agree
// in their first Bits bits are counted together, for the largest Bits that leaves at most MostValues counts.
//
// This serves as the sketch of quantiles and modes. Bits depends on the set of the numbers only, and so do the
// counts: a set is counted in the same way however it is split, which the merged sketches of the libraries that
// were considered are not (DataSketches' KLL for Go compacts by coins from a source that cannot be seeded;
// t-digest's centroids depend on the order in which they merge). It resembles an HDR histogram, or DDSketch
// (Masson, Rim, Lee 2019), but for its resolution, which the numbers themselves decide.
//
// Error: a quantile between two order statistics is exact if Bits is 64. Else each order statistic is within
// the bucket of numbers that it shares its first Bits bits with; since 16 bits (sign, exponent, 4 of the
// mantissa) never have more than MostValues forms, that is a relative error below 1/16 at worst, and of the order of
// 2^(12-Bits) always. A million numbers from a normal distribution give 23 or more bits: below 1/2000.
type Values struct {
	Bits    int       `json:"bits"`
	Numbers []float64 `json:"numbers"` // ascending; with fewer than 64 bits, the number of each bucket that is nearest to 0
	Counts  []int     `json:"counts"`
}

// fewestBits never have more than MostValues forms.
const fewestBits = 16

// counter counts numbers by hashing their bits, with linear probing.
type counter struct {
	bits  int
	keys  []uint64
	count []int // 0: the slot is free
	used  int
	last  int // the slot of the number before
}

func newCounter() *counter {
	return &counter{bits: 64, keys: make([]uint64, 64), count: make([]int, 64)}
}

// key is a number's first bits. The bucket of 0 is apart from that of -0, which the largest negative numbers
// have; -0 itself is 0.
func key(bits uint64, width int) uint64 { return bits &^ (1<<(64-width) - 1) }

// add counts a number, which is not NaN, n times.
func (c *counter) add(v float64, n int) { c.addBits(math.Float64bits(v+0), n) }

func (c *counter) addBits(bits uint64, n int) {
	k := key(bits, c.bits)
	if c.keys[c.last] == k && c.count[c.last] > 0 {
		c.count[c.last] += n
		return
	}
	c.put(k, n)
	if c.used > MostValues {
		c.coarsen()
	}
}

func (c *counter) put(k uint64, n int) {
	if 2*c.used >= len(c.keys) {
		c.rehash(2*len(c.keys), c.bits)
	}
	mask := len(c.keys) - 1
	slot := int((k*0x9e3779b97f4a7c15)>>32) & mask
	for c.count[slot] > 0 && c.keys[slot] != k {
		slot = (slot + 1) & mask
	}
	if c.count[slot] == 0 {
		c.keys[slot] = k
		c.used++
	}
	c.count[slot] += n
	c.last = slot
}

func (c *counter) rehash(size, width int) {
	old := *c
	*c = counter{bits: width, keys: make([]uint64, size), count: make([]int, size)}
	for i, n := range old.count {
		if n > 0 {
			c.put(key(old.keys[i], width), n)
		}
	}
}

// coarsen drops as few bits as leave at most MostValues counts.
func (c *counter) coarsen() {
	sorted := make([]uint64, 0, c.used)
	for i, n := range c.count {
		if n > 0 {
			sorted = append(sorted, c.keys[i])
		}
	}
	slices.Sort(sorted)
	var newAt [65]int // newAt[b]: keys whose first b bits, but not fewer, tell them from the one before
	for i := 1; i < len(sorted); i++ {
		newAt[bits.LeadingZeros64(sorted[i]^sorted[i-1])+1]++
	}
	distinct, width := 1, 0
	for width < 64 && distinct+newAt[width+1] <= MostValues {
		width++
		distinct += newAt[width]
	}
	c.coarsenTo(max(width, fewestBits))
}

// coarsenTo counts together what agrees in its first bits.
func (c *counter) coarsenTo(width int) {
	if width < c.bits {
		c.rehash(len(c.keys), width)
	}
}

// counted lists what was counted.
func (c *counter) counted() *Values {
	v := &Values{Bits: c.bits, Numbers: make([]float64, 0, c.used), Counts: make([]int, 0, c.used)}
	slots := make([]int, 0, c.used)
	for i, n := range c.count {
		if n > 0 {
			slots = append(slots, i)
		}
	}
	slices.SortFunc(slots, func(a, b int) int {
		return cmp.Compare(ordered(c.keys[a]), ordered(c.keys[b]))
	})
	for _, i := range slots {
		v.Numbers = append(v.Numbers, math.Float64frombits(c.keys[i]))
		v.Counts = append(v.Counts, c.count[i])
	}
	return v
}

// ordered makes a float64's bits an integer that is in the order of the numbers, -0 before 0.
func ordered(bits uint64) int64 {
	if bits>>63 == 0 {
		return int64(bits)
	}
	return ^int64(bits &^ (1 << 63))
}

// merge adds the counts of others.
func (c *counter) merge(v *Values) {
	c.coarsenTo(v.Bits)
	for i, x := range v.Numbers {
		c.addBits(math.Float64bits(x), v.Counts[i])
	}
}

// with is v with a number counted n more times; v stays as it is.
func (v *Values) with(x float64, n int) *Values {
	if n == 0 {
		return v
	}
	c := newCounter()
	c.merge(v)
	c.add(x, n)
	return c.counted()
}
