package exact

import (
	"fmt"
	"math"
	"math/big"
	"slices"
)

// The terms that a sum takes, in absolute value.
const (
	// Largest is the largest term of a sum: 2^53 of them are still finite.
	Largest = 0x1p960
	// LargestSquared is the largest number whose square is such a term.
	LargestSquared = 0x1p480
	// SmallestSquared is the smallest number whose square a float64 and the error of its rounding hold. What
	// is smaller counts as 0 among squares and where it is added beside its square.
	SmallestSquared = 0x1p-480
	// SmallestProduct is the smallest product that a float64 and the error of its rounding hold.
	SmallestProduct = 0x1p-960
	// MostTerms is the length of the longest expansion: each term has 53 bits of its own.
	MostTerms = (1024-lowest)/53 + 1
)

// Sum is an exact sum; the zero value is 0. It is the sum of two float64s, and, if those have not bits
// enough, of a rest, so that almost all sums take 24 bytes.
type Sum struct {
	high, low float64
	rest      *accumulator
}

// twoSum is a + b without rounding: the nearest float64, and what it lacks (Knuth, The Art of Computer
// Programming, volume 2, section 4.2.2, theorem B).
func twoSum(a, b float64) (sum, lacks float64) {
	sum = a + b
	part := sum - a
	return sum, (a - (sum - part)) + (b - part)
}

// Add adds a number, whose absolute value is at most Largest.
func (s *Sum) Add(x float64) {
	var lacks float64
	if s.high, lacks = twoSum(s.high, x); lacks != 0 {
		s.addLow(lacks)
	}
}

func (s *Sum) addLow(x float64) {
	var lacks float64
	if s.low, lacks = twoSum(s.low, x); lacks != 0 {
		if s.rest == nil {
			s.rest = &accumulator{}
		}
		s.rest.add(lacks)
	}
}

// AddSquare adds x * x, for an x of at most LargestSquared.
func (s *Sum) AddSquare(x float64) {
	if math.Abs(x) < SmallestSquared {
		return
	}
	square := x * x
	s.Add(square)
	// The error of a product is a float64 itself (Dekker, 1971), which a fused multiply-add gives.
	if lacks := math.FMA(x, x, -square); lacks != 0 {
		s.addLow(lacks)
	}
}

// AddExpansion adds the numbers of an expansion.
func (s *Sum) AddExpansion(terms []float64) {
	for _, x := range terms {
		s.Add(x)
	}
}

// AddSum adds another sum, which stays as it is.
func (s *Sum) AddSum(other *Sum) {
	s.Add(other.high)
	s.Add(other.low)
	if other.rest == nil {
		return
	}
	if s.rest == nil {
		s.rest = &accumulator{}
	}
	s.rest.merge(other.rest)
}

// AddProduct adds x * y, for a product of at most Largest. One that is smaller than SmallestProduct counts as 0.
func (s *Sum) AddProduct(x, y float64) {
	product := x * y
	if math.Abs(product) < SmallestProduct {
		return
	}
	s.Add(product)
	if lacks := math.FMA(x, y, -product); lacks != 0 {
		s.addLow(lacks)
	}
}

// Value is the sum, rounded once, to the nearest float64.
func (s *Sum) Value() float64 {
	if s.rest == nil {
		return s.high + s.low
	}
	if terms := s.Expansion(); len(terms) > 0 {
		return terms[0]
	}
	return 0
}

// Expansion is the sum as the shortest list of float64s, the largest first; nil for 0.
func (s *Sum) Expansion() []float64 { return s.AppendExpansion(nil) }

// AppendExpansion appends the expansion to a list.
func (s *Sum) AppendExpansion(list []float64) []float64 {
	if s.rest == nil {
		high, low := twoSum(s.high, s.low)
		if high != 0 {
			list = append(list, high)
		}
		if low != 0 {
			list = append(list, low)
		}
		return list
	}
	all := *s.rest
	all.add(s.high)
	all.add(s.low)
	return append(list, expand(all.value())...)
}

// Rat is the number that an expansion stands for.
func Rat(terms []float64) *big.Rat {
	r := new(big.Rat)
	for _, x := range terms {
		r.Add(r, new(big.Rat).SetFloat64(x))
	}
	return r
}

// CheckExpansion says what is wrong with an expansion that somebody else has sent.
func CheckExpansion(terms []float64) error {
	if len(terms) > MostTerms {
		return fmt.Errorf("a sum of %d numbers, want at most %d", len(terms), MostTerms)
	}
	for i, x := range terms {
		switch {
		case x-x != 0 || x == 0:
			return fmt.Errorf("a sum with the term %v, want finite numbers other than 0", x)
		case math.Abs(x) > Largest*0x1p53:
			return fmt.Errorf("a sum with the term %v, want at most %g", x, Largest*0x1p53)
		case i > 0 && math.Abs(x) > halfStep(terms[i-1]):
			return fmt.Errorf("a sum of %v and %v, which overlap", terms[i-1], x)
		}
	}
	return nil
}

// halfStep is half the distance from a number to the next one away from 0: a rest is not larger.
func halfStep(x float64) float64 {
	x = math.Abs(x)
	return (math.Nextafter(x, math.Inf(1)) - x) / 2
}

// Equal reports whether two expansions are the same.
func Equal(a, b []float64) bool { return slices.Equal(a, b) }

// AddTimes adds a number n times, which is at most 2^53.
func (s *Sum) AddTimes(x float64, n int) {
	product := x * float64(n)
	s.Add(product)
	s.Add(math.FMA(x, float64(n), -product))
}

// AddSquareTimes adds x * x n times, for an x of at most LargestSquared.
func (s *Sum) AddSquareTimes(x float64, n int) {
	if math.Abs(x) < SmallestSquared {
		return
	}
	square := x * x
	s.AddTimes(square, n)
	s.AddTimes(math.FMA(x, x, -square), n)
}
