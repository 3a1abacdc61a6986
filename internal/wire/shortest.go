package wire

import (
	"math"
	"math/big"
	"math/bits"
	"sync"
)

// The shortest decimal of a number by one multiplication with a power of ten for each bound of what rounds to it: Raffaello Giulietti,
// "The Schubfach way to render doubles" (2020), with the powers of ten of 128 bits in place of his of 126.

// Exponents of ten that a normal float64 is multiplied by.
const (
	leastPower = -292
	mostPower  = 324
)

// power is 10^e, scaled by a power of two so that the highest of its 128 bits is set, and rounded up.
type power struct{ hi, lo uint64 }

// powerTable are those of 10^leastPower to 10^mostPower.
type powerTable [mostPower - leastPower + 1]power

// powers makes the table, of 10 kB, when it is first needed: it takes a fraction of a millisecond.
var powers = sync.OnceValue(func() *powerTable {
	table := new(powerTable)
	one, ten := big.NewInt(1), big.NewInt(10)
	half := new(big.Int).Lsh(one, 64)
	for i := range table {
		e := i + leastPower
		shift := 127 - floorLog2Pow10(e) // of 10^e, to the left
		v := new(big.Int)
		if e >= 0 {
			v.Exp(ten, big.NewInt(int64(e)), nil)
			if shift >= 0 {
				v.Lsh(v, uint(shift))
			} else {
				v.Neg(v).Rsh(v, uint(-shift)).Neg(v) // rounds down what is negative
			}
		} else {
			divisor := new(big.Int).Exp(ten, big.NewInt(int64(-e)), nil)
			v.Lsh(one, uint(shift))
			v.Add(v, new(big.Int).Sub(divisor, one)).Quo(v, divisor)
		}
		hi, lo := new(big.Int).QuoRem(v, half, new(big.Int))
		table[i] = power{hi.Uint64(), lo.Uint64()}
	}
	return table
})

// floorLog2Pow10 is the largest k with 2^k <= 10^e, for e from -330 to 330.
func floorLog2Pow10(e int) int { return (e * 217706) >> 16 }

// floorLog10Pow2 is the largest k with 10^k <= 2^e, for e from -1100 to 1000.
func floorLog10Pow2(e int) int { return (e * 315653) >> 20 }

// floorLog10ThreeQuarters is the same for 3/4 of 2^e.
func floorLog10ThreeQuarters(e int) int { return (e*315653 - 131008) >> 20 }

// times is the product of a power and n, without the lowest 128 bits. If one of those beyond the rounding of the power is set, so is
// the last one of the product, which then compares with whole numbers as all of it would.
func (p power) times(n uint64) uint64 {
	carry, _ := bits.Mul64(p.lo, n)
	hi, lo := bits.Mul64(p.hi, n)
	lo, c := bits.Add64(lo, carry, 0)
	return (hi + c) | bit(lo > 1)
}

const (
	mantissaBits = 52
	exponentBias = 1023 + mantissaBits
)

// shortest is the decimal digits · 10^exponent with the fewest digits, all but zeros at the end, of those that read back as v, and
// of these the closest one. v is positive and normal; there are 17 digits.
func shortest(table *powerTable, v float64) (digits uint64, exponent int) {
	b := math.Float64bits(v)
	c, q := b&(1<<mantissaBits-1)|1<<mantissaBits, int(b>>mantissaBits)-exponentBias // v = c · 2^q
	below := uint64(2)                                                               // what is this much below 4c still rounds to it
	var k int
	if c == 1<<mantissaBits && b>>mantissaBits > 1 { // the number below is half as far away
		below = 1
		k = floorLog10ThreeQuarters(q)
	} else {
		k = floorLog10Pow2(q)
	}
	p := table[-k-leastPower]
	h := uint(q+floorLog2Pow10(-k)+1) & 63
	odd := c & 1 // then the bounds themselves round to another
	lower, middle, upper := p.times((4*c-below)<<h)+odd, p.times(4*c<<h), p.times((4*c+2)<<h)-odd
	// Of two neighbours, the one that rounds to v, or the closer one. Which it is, is a matter of chance that no processor foresees, so
	// there is no branch.
	s := middle / 4 // v = (s, and a part of one) · 10^k
	ten := s / 10 * 10
	down, up := bit(lower <= 4*ten), bit(4*ten+40 <= upper)
	shorter := down ^ up // only one multiple of ten rounds to v
	ten += 10 * up
	down, up = bit(lower <= 4*s), bit(4*s+4 <= upper)
	closer := bit(middle+s&1 > 4*s+2) // of two that are equally close, the even one
	s += (down^up)&up | ^(down^up)&closer
	s ^= (s ^ ten) & -shorter
	short := bit(s < 1e16)
	return s + 9*s*short, k - int(short)
}

// bit is 1 if it is true.
func bit(is bool) uint64 {
	var b uint64
	if is {
		b = 1
	}
	return b
}

// eightDigits are the digits of n, which is below 1e8, as text whose first character is the lowest byte, and how many of the
// last ones are zeros.
func eightDigits(n uint64) (text uint64, zeros int) {
	const hundreds, tens = 0x0000007f_0000007f, 0x000f000f_000f000f
	n = n/10_000 | n%10_000<<32 // two numbers of four digits
	of100 := n * 10_486 >> 20 & hundreds
	n = of100 | (n-100*of100)<<16 // four of two
	of10 := n * 103 >> 10 & tens
	n = of10 | (n-10*of10)<<8 // eight of one
	return n + 0x30303030_30303030, bits.LeadingZeros64(n) / 8
}
