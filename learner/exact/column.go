package exact

import (
	"math"
	"math/bits"
)

// Column adds up the numbers of a column, and their squares if they are wanted. It has a way of its own for
// small whole numbers and for numbers of usual sizes, because it sees every cell of a table.
type Column struct {
	Missing int // cells that were NaN

	sum, squares Sum
	squared      bool
	bins         *[binCount]bin
}

// Numbers of one exponent are added as whole numbers, by their mantissas: of the exponents from firstBin.
const (
	firstBin = 1023 - 40
	binCount = 80
)

// smallWhole is the first whole number that is not small: a block's sum of squares of smaller ones fits an int64.
const (
	smallWhole = 1 << 20
	blockCells = 1 << 20
)

// bin adds mantissas with their signs, in 128 bits, and their squares, in 192.
type bin struct {
	low, mid, high uint64
	sumLow         uint64
	sumHigh        int64
}

// NewColumn is a column without cells.
func NewColumn(squares bool) *Column { return &Column{squared: squares} }

// Add adds the cells data[first], data[first+stride] and so on. Missing cells are counted and passed over.
// It returns the index in data of the first cell beyond the limit, or -1; the sums are of no use if there is one.
// The limit is Largest or, with squares, LargestSquared. With squares, cells below SmallestSquared count as 0.
func (c *Column) Add(data []float64, first, stride int) (tooBig int) {
	for first < len(data) {
		last := min(len(data), first+blockCells*stride)
		if at := c.addBlock(data[:last], first, stride); at >= 0 {
			return at
		}
		first += blockCells * stride
	}
	return -1
}

func (c *Column) addBlock(data []float64, first, stride int) (tooBig int) {
	tooBig = -1
	var sum, squares int64
	for i := first; i < len(data); i += stride {
		x := data[i]
		if n := int64(x); n > -smallWhole && n < smallWhole && float64(n) == x {
			sum += n
			squares += n * n
			continue
		}
		if x != x {
			c.Missing++
			continue
		}
		if !c.addNumber(x) {
			tooBig = i
			break
		}
	}
	c.sum.addWhole(sum)
	if c.squared {
		c.squares.addWhole(squares)
	}
	return tooBig
}

// addNumber adds a number of any size within the limits.
func (c *Column) addNumber(x float64) bool {
	u := math.Float64bits(x)
	at := u>>52&0x7ff - firstBin
	if at >= binCount {
		return c.addUnusual(x)
	}
	if c.bins == nil {
		c.bins = new([binCount]bin)
	}
	b := &c.bins[at]
	mantissa := u&(1<<52-1) | 1<<52
	sign := int64(u) >> 63
	signed := (int64(mantissa) ^ sign) - sign
	var carry uint64
	b.sumLow, carry = bits.Add64(b.sumLow, uint64(signed), 0)
	b.sumHigh += signed>>63 + int64(carry)
	if c.squared {
		high, low := bits.Mul64(mantissa, mantissa)
		b.low, carry = bits.Add64(b.low, low, 0)
		b.mid, carry = bits.Add64(b.mid, high, carry)
		b.high += carry
	}
	return true
}

func (c *Column) addUnusual(x float64) bool {
	size := math.Abs(x)
	switch {
	case !(size <= Largest) || c.squared && size > LargestSquared:
		return false
	case c.squared && size < SmallestSquared:
		return true
	}
	c.sum.Add(x)
	if c.squared {
		c.squares.AddSquare(x)
	}
	return true
}

// Sums are the expansions of the sum and of the sum of squares.
func (c *Column) Sums() (sum, squares []float64) {
	if c.bins != nil {
		for at := range c.bins {
			b := &c.bins[at]
			exponent := at + firstBin - 1075 // of the last bit of a mantissa
			c.sum.addShifted(b.sumLow, exponent)
			c.sum.Add(math.Ldexp(float64(b.sumHigh), exponent+64))
			c.squares.addShifted(b.low, 2*exponent)
			c.squares.addShifted(b.mid, 2*exponent+64)
			c.squares.addShifted(b.high, 2*exponent+128)
		}
		c.bins = nil
	}
	return c.sum.Expansion(), c.squares.Expansion()
}

// addShifted adds n * 2^exponent.
func (s *Sum) addShifted(n uint64, exponent int) {
	s.Add(math.Ldexp(float64(n>>32), exponent+32))
	s.Add(math.Ldexp(float64(n&(1<<32-1)), exponent))
}

// addWhole adds a whole number.
func (s *Sum) addWhole(n int64) {
	s.Add(float64(n>>32) * (1 << 32))
	s.Add(float64(n & (1<<32 - 1)))
}
