package exact

import (
	"math"
	"math/bits"
	"slices"
)

// cuts are columns as sums of columns of whole numbers, times powers of two, and of single cells.
type cuts struct {
	whole  []*wholes
	first  []int // where each column's are, and where the last ones end
	spare  []*wholes
	rests  []rest
	pieces []piece
	scaled []float64
}

// piece is cells that are added to a column.
type piece struct {
	column int
	cells  []float64
}

// rest is what the whole numbers leave of one cell of a piece.
type rest struct {
	piece
	row   int
	value float64
}

// wholes are whole numbers of at most 63 bits and their signs, times 2^exponent.
type wholes struct {
	column   int
	exponent int
	bits     int       // of the largest one: they are at most 2^bits
	numbers  []int64   // as they are
	floats   []float64 // likewise, if a product with another column may fit a float64
	shifted  []uint64  // each with 2^63 added, so that none is negative, once somebody wants them
	total    [2]uint64 // of those, the low 64 bits first
}

// denseShare is the share of cells with a rest, one in so many, from which on they are cut as a column: a product
// of a single cell takes about so many times as long.
const denseShare = 8

func (s *cuts) reset(rows int) {
	s.spare = append(s.spare, s.whole...)
	s.whole, s.first, s.rests, s.pieces = s.whole[:0], append(s.first[:0], 0), s.rests[:0], s.pieces[:0]
	if s.scaled == nil {
		s.scaled = make([]float64, gramRows)
	}
	s.scaled = s.scaled[:rows]
}

// cut adds cells, which stay as they are, to a column, the last one or the next. Each cut takes the 63 bits below the largest number; of
// usual columns the first one leaves nothing, or something of a few cells.
func (s *cuts) cut(column int, cells []float64) {
	p := piece{column, cells}
	s.pieces = append(s.pieces, p)
	copy(s.scaled, cells)
	s.first = s.first[:column+1]
	defer func() { s.first = append(s.first, len(s.whole)) }()
	for {
		var largest uint64
		for _, x := range s.scaled {
			largest = max(largest, math.Float64bits(x)&^(1<<63)) // in the order of the numbers
		}
		if largest == 0 {
			return
		}
		_, exponent := math.Frexp(math.Float64frombits(largest))
		exponent -= 63
		if left := s.take(column, exponent); left > len(cells)/denseShare {
			continue
		}
		for i, x := range s.scaled {
			if x != 0 {
				s.rests = append(s.rests, rest{p, i, x})
			}
		}
		return
	}
}

// take takes the whole multiples of 2^exponent from the cells, and returns how many cells it leaves something of.
func (s *cuts) take(column, exponent int) (left int) {
	w := s.next(len(s.scaled))
	scale, unit := power(-exponent), power(exponent)
	var all, size uint64
	numbers := w.numbers[:len(s.scaled)]
	for i, x := range s.scaled {
		v := x * scale
		n := int64(v)
		numbers[i] = n
		all |= uint64(n)
		size |= uint64(n ^ n>>63)
		if v -= float64(n); v != 0 {
			left++
		}
		s.scaled[i] = v * unit
	}
	zeros := bits.TrailingZeros64(all)
	w.column, w.exponent, w.bits = column, exponent+zeros, bits.Len64(size)-zeros
	w.shifted, w.floats = w.shifted[:0], w.floats[:0]
	for i, n := range numbers {
		numbers[i] = n >> zeros
	}
	if w.bits <= roomBits {
		w.floats = slices.Grow(w.floats, gramRows)[:len(numbers)]
		for i, n := range numbers {
			w.floats[i] = float64(n)
		}
	}
	s.whole = append(s.whole, w)
	return left
}

// next is a column with room for rows.
func (s *cuts) next(rows int) *wholes {
	if last := len(s.spare) - 1; last >= 0 {
		w := s.spare[last]
		s.spare = s.spare[:last]
		w.numbers = w.numbers[:rows]
		return w
	}
	return &wholes{numbers: make([]int64, rows, gramRows)}
}

// shift makes the shifted numbers and their total.
func (w *wholes) shift() {
	if len(w.shifted) > 0 {
		return
	}
	var low, high, carry uint64
	w.shifted = slices.Grow(w.shifted, gramRows)[:len(w.numbers)]
	for i, n := range w.numbers {
		positive := uint64(n) ^ 1<<63
		w.shifted[i] = positive
		low, carry = bits.Add64(low, positive, 0)
		high += carry
	}
	w.total = [2]uint64{low, high}
}

// power is 2^exponent, for an exponent of a float64 that is not subnormal.
func power(exponent int) float64 { return math.Float64frombits(uint64(exponent+1023) << 52) }

const (
	// roomBits is what the bits of the numbers of two columns may add up to, such that no sum of gramRows products
	// is more than 2^53.
	roomBits = 53 - 10
)

// addDot adds the product of two columns.
func (w *wholes) addDot(other *wholes, into *Sum) {
	exponent := w.exponent + other.exponent
	if w.bits+other.bits <= roomBits {
		into.Add(dotFloats(w.floats, other.floats) * power(exponent))
		return
	}
	w.shift()
	other.shift()
	low, mid, high := dot(w.shifted, other.shifted)
	// The sum of (a + 2^63) (b + 2^63) is that of a b, and 2^63 times both totals of shifted numbers, less rows 2^126.
	total, carry := bits.Add64(w.total[0], other.total[0], 0)
	top, _ := bits.Add64(w.total[1], other.total[1], carry)
	low, carry = bits.Sub64(low, total<<63, 0)
	mid, carry = bits.Sub64(mid, total>>1|top<<63, carry)
	high, _ = bits.Sub64(high, top>>1, carry)
	rows := uint64(len(w.numbers))
	mid, carry = bits.Add64(mid, rows<<62, 0)
	high, _ = bits.Add64(high, rows>>2, carry)
	sign := 1.0
	if int64(high) < 0 {
		var borrow uint64
		low, borrow = bits.Sub64(0, low, 0)
		mid, borrow = bits.Sub64(0, mid, borrow)
		high, _ = bits.Sub64(0, high, borrow)
		sign = -1
	}
	unit := sign * power(exponent)
	for _, word := range [...]uint64{low, mid, high} {
		if word != 0 {
			into.Add(float64(word&(1<<32-1)) * unit)
			into.Add(float64(word>>32) * 0x1p32 * unit)
		}
		unit *= 0x1p64
	}
}

// dot is the sum of the products, of at most 2^64 pairs, in 192 bits.
func dot(a, b []uint64) (low, mid, high uint64) {
	b = b[:len(a)]
	for i, x := range a {
		top, bottom := bits.Mul64(x, b[i])
		var carry uint64
		low, carry = bits.Add64(low, bottom, 0)
		mid, carry = bits.Add64(mid, top, carry)
		high += carry
	}
	return low, mid, high
}

// dotFloats is the sum of products that are whole numbers, and so are their sums: in any order it is the same.
func dotFloats(a, b []float64) float64 {
	var first, second, third, fourth float64
	for len(a) >= 4 && len(b) >= 4 {
		first += a[0] * b[0]
		second += a[1] * b[1]
		third += a[2] * b[2]
		fourth += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	for i, x := range a {
		first += x * b[i]
	}
	return first + second + third + fourth
}
