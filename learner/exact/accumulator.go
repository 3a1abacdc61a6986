package exact

import (
	"math"
	"math/big"
	"math/bits"
)

// accumulator is a fixed-point number that holds every sum of float64s: digits of 32 bits in words of 64, so
// that carries wait until there are many (the small superaccumulator of Neal, "Fast exact summation using
// small and large superaccumulators", 2015, section 2).
type accumulator struct {
	words [67]int64 // the value is the sum of words[i] * 2^(32 i - 1074)
	terms int       // added since the last carry
}

// maxTerms is how many terms a word has room for: each adds less than 2^32 to it.
const maxTerms = 1 << 30

// lowest is the exponent of the smallest positive float64.
const lowest = -1074

// add adds a finite number.
func (a *accumulator) add(x float64) {
	u := math.Float64bits(x)
	mantissa, place := u&(1<<52-1), int(u>>52&0x7ff)
	if place > 0 {
		mantissa, place = mantissa|1<<52, place-1
	}
	i, shift := place>>5, uint(place&31)
	high, low := bits.Mul64(mantissa, 1<<shift)
	first, second, third := int64(low&(1<<32-1)), int64(low>>32), int64(high)
	if x < 0 {
		first, second, third = -first, -second, -third
	}
	a.words[i] += first
	a.words[i+1] += second
	a.words[i+2] += third
	if a.terms++; a.terms >= maxTerms {
		a.carry()
	}
}

// merge adds what another holds.
func (a *accumulator) merge(other *accumulator) {
	if a.terms += other.terms + 1; a.terms >= maxTerms {
		a.carry()
		a.terms = other.terms + 1
	}
	for i, w := range other.words {
		a.words[i] += w
	}
}

// carry leaves 32 bits in each word but the last.
func (a *accumulator) carry() {
	for i := range len(a.words) - 1 {
		a.words[i+1] += a.words[i] >> 32
		a.words[i] &= 1<<32 - 1
	}
	a.terms = 0
}

// value is the sum in units of 2^-1074.
func (a *accumulator) value() *big.Int {
	v, word := new(big.Int), new(big.Int)
	for i := len(a.words) - 1; i >= 0; i-- {
		v.Lsh(v, 32)
		v.Add(v, word.SetInt64(a.words[i]))
	}
	return v
}

// expand cuts a number, in units of 2^-1074, into float64s: the nearest one, that of the rest, and so on.
func expand(v *big.Int) []float64 {
	var terms []float64
	for v.Sign() != 0 {
		f := new(big.Float).SetInt(v)
		nearest, _ := f.SetMantExp(f, lowest).Float64()
		terms = append(terms, nearest)
		taken, _ := new(big.Float).SetMantExp(new(big.Float).SetFloat64(nearest), -lowest).Int(nil)
		v.Sub(v, taken)
	}
	return terms
}
