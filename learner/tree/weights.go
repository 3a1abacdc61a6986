package tree

import (
	"math"
	"math/bits"
)

// fixed is the weights of the rows in fixed point.
type fixed struct {
	w     []int64 // weight x 2^exp; nil: 1 each
	total int64   // of w
	exp   int
	whole bool // all weights are whole numbers, and exp is 0
}

// maxWhole is the largest sum of whole weights that is kept as it is: float64
// has all whole numbers up to here.
const maxWhole = 1 << 53

// sumBits is how many bits a sum in fixed point may have: one less than fit,
// for what rounding adds.
const sumBits = 61

// fixWeights scales weights that are not whole numbers by a power of two, so
// that their sum has sumBits bits; whole ones stay as they are. rows must not
// be empty, and their weights positive.
func fixWeights(rows []uint32, weights []float64) *fixed {
	if weights == nil {
		return &fixed{total: int64(len(rows)), whole: true}
	}
	whole, one, most := true, true, 0.0
	for _, r := range rows {
		w := weights[r]
		whole = whole && w == math.Trunc(w)
		one = one && w == 1
		most = max(most, w)
	}
	if one {
		return &fixed{total: int64(len(rows)), whole: true}
	}
	_, size := math.Frexp(most)
	sum := 0.0
	for _, r := range rows {
		sum += math.Ldexp(weights[r], -size) // up to 1 each, so that the sum is finite
	}
	f := &fixed{w: make([]int64, len(rows)), whole: whole && math.Ldexp(sum, size) <= maxWhole}
	if !f.whole {
		_, e := math.Frexp(sum)
		f.exp = sumBits - size - e
	}
	for i, r := range rows {
		f.w[i] = max(int64(math.Round(math.Ldexp(weights[r], f.exp))), 1)
		f.total += f.w[i]
	}
	return f
}

// at is the weight of the i-th row.
func (f *fixed) at(i int) int64 {
	if f.w == nil {
		return 1
	}
	return f.w[i]
}

// bits is the number of bits of the total.
func (f *fixed) bits() int { return bits.Len64(uint64(f.total)) }

// limit is a number of rows in fixed point. Sums of weights that are not whole
// numbers may miss it by what rounding does to them.
func (f *fixed) limit(rows int) int64 {
	const none = math.MaxInt64 / 4 // more than any total; twice as much is no overflow
	if f.whole {
		return min(int64(rows), none)
	}
	return int64(min(math.Ldexp(float64(rows)*(1-1e-9), f.exp), none))
}
