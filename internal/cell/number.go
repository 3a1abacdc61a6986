package cell

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
)

// Number reads the number that b begins with, in JSON's grammar, and says how
// many bytes it took; 0 bytes if b begins with no number. A number too large
// for a float64 is an infinity. The value has the very bits that
// strconv.ParseFloat gives.
//
// It takes a quarter to a half of strconv's time: a number whose significant
// digits fit 64 bits and whose scale is at most 10^19 is the quotient of two
// integers, which one division rounds exactly. All others are left to strconv.
func Number(b []byte) (v float64, n int) {
	i := 0
	if len(b) > 0 && b[0] == '-' {
		i = 1
	}
	start := i
	var mantissa uint64
	for i < len(b) && b[i]-'0' <= 9 {
		mantissa = mantissa*10 + uint64(b[i]-'0')
		i++
	}
	digits := i - start
	if digits == 0 {
		return 0, 0
	}
	if b[start] == '0' { // JSON has no leading zeros: "01" is "0" and a rest
		mantissa, digits, i = 0, 0, start+1
	}
	scale := 0
	if i+1 < len(b) && b[i] == '.' && b[i+1]-'0' <= 9 {
		i++
		point := i
		for len(b)-i >= 8 {
			chunk := binary.LittleEndian.Uint64(b[i:])
			if !eightDigits(chunk) {
				break
			}
			mantissa = mantissa*100_000_000 + eightDigitValue(chunk)
			i += 8
		}
		for i < len(b) && b[i]-'0' <= 9 {
			mantissa = mantissa*10 + uint64(b[i]-'0')
			i++
		}
		scale = i - point
		digits += scale
	}
	if end := exponentEnd(b, i); end > i || digits > maxDigits {
		v, _ = strconv.ParseFloat(string(b[:end]), 64) // the grammar is right, and out of range is ±Inf as documented
		return v, end
	}
	v = quotient(mantissa, scale)
	if start == 1 {
		v = -v
	}
	return v, i
}

// exponentEnd is where an exponent that begins at b[i] ends; i if none does.
func exponentEnd(b []byte, i int) int {
	if i >= len(b) || b[i]|0x20 != 'e' {
		return i
	}
	j := i + 1
	if j < len(b) && (b[j] == '+' || b[j] == '-') {
		j++
	}
	digits := j
	for j < len(b) && b[j]-'0' <= 9 {
		j++
	}
	if j == digits {
		return i
	}
	return j
}

// maxDigits is how many decimal digits always fit 64 bits, and the largest
// power of ten that does.
const maxDigits = 19

// divisor is 10^k as normal / 2^shift, the highest bit of normal being set.
type divisor struct {
	normal uint64
	shift  int
}

var divisors = func() (table [maxDigits + 1]divisor) {
	p := uint64(1)
	for k := range table {
		shift := bits.LeadingZeros64(p)
		table[k] = divisor{normal: p << shift, shift: shift}
		p *= 10
	}
	return table
}()

// quotient is m / 10^k, rounded to nearest even; k is at most maxDigits. With
// both numbers shifted to the top of their words, the integer quotient has at
// least 63 bits, ten more than a float64 keeps, so its last bit can stand for a
// remainder and the conversion to float64 rounds as if it saw all digits.
func quotient(m uint64, k int) float64 {
	if k == 0 || m == 0 {
		return float64(m)
	}
	d := divisors[k]
	shift := bits.LeadingZeros64(m)
	m <<= shift
	q, rest := bits.Div64(m>>1, m<<63, d.normal)
	if rest != 0 {
		q |= 1
	}
	// q = m * 2^shift * 2^63 / (10^k * 2^d.shift); a power of two scales
	// exactly.
	return float64(q) * math.Float64frombits(uint64(1023+d.shift-shift-63)<<52)
}

// eightDigits reports whether all bytes of chunk are ASCII digits: the high
// half of each byte is 3, and stays 3 when 6 is added.
func eightDigits(chunk uint64) bool {
	const high = 0xF0F0F0F0F0F0F0F0
	return chunk&high == 0x3030303030303030 && (chunk+0x0606060606060606)&high == 0x3030303030303030
}

// eightDigitValue is the number that eight ASCII digits write, the first in the
// lowest byte: pairs are joined to hundreds, those to ten thousands, and so on,
// all at once (Lemire, "Quickly parsing eight digits", 2018).
func eightDigitValue(chunk uint64) uint64 {
	const mask = 0x000000FF000000FF
	chunk -= 0x3030303030303030
	chunk = chunk*10 + chunk>>8
	return ((chunk&mask)*(100+1_000_000<<32) + (chunk>>16&mask)*(1+10_000<<32)) >> 32
}
