package exact

import (
	"math"
	"math/big"
)

// precision is more bits than the numerator of a variance can have.
const precision = 8192

func exactly() *big.Float { return new(big.Float).SetPrec(precision) }

// float is the number that an expansion stands for.
func float(terms []float64) *big.Float {
	f := exactly()
	for _, x := range terms {
		f.Add(f, new(big.Float).SetFloat64(x))
	}
	return f
}

func whole(n int) *big.Float { return new(big.Float).SetInt64(int64(n)) }

// nearest is a quotient, rounded to the nearest float64.
func nearest(a, b *big.Float) float64 {
	v, _ := new(big.Float).SetPrec(53).Quo(a, b).Float64()
	if math.Abs(v) > 0x1p-1000 || a.Sign() == 0 {
		return v
	}
	// It may have fewer bits than 53, so that it would be rounded twice.
	x, _ := a.Rat(nil)
	y, _ := b.Rat(nil)
	v, _ = x.Quo(x, y).Float64()
	return v
}

// Mean is the mean of n numbers with a sum, rounded to the nearest float64. n is positive.
func Mean(n int, sum []float64) float64 { return nearest(float(sum), whole(n)) }

// Variance is the variance of n numbers, n in the denominator, rounded to the nearest float64: the mean of the
// squares less the square of the mean. It is negative for sums that no numbers have. n is positive.
func Variance(n int, sum, squares []float64) float64 {
	count := whole(n)
	return nearest(numerator(count, sum, squares), exactly().Mul(count, count))
}

// numerator is the variance times the square of the count.
func numerator(count *big.Float, sum, squares []float64) *big.Float {
	total := float(sum)
	total.Mul(total, total)
	v := exactly().Mul(float(squares), count)
	return v.Sub(v, total)
}

// Possible reports whether there are n numbers with a sum and a sum of squares. The sums are correct ones of
// CheckExpansion.
func Possible(n int, sum, squares []float64) bool {
	if n == 0 {
		return len(sum) == 0 && len(squares) == 0
	}
	return numerator(whole(n), sum, squares).Sign() >= 0
}

// Within reports whether there are n numbers with a sum, each of them at most limit in absolute value.
func Within(n int, sum []float64, limit float64) bool {
	total := float(sum)
	return total.Abs(total).Cmp(exactly().Mul(whole(n), new(big.Float).SetFloat64(limit))) <= 0
}

// float is the sum as it is.
func (s *Sum) float() *big.Float {
	f := exactly()
	if s.rest != nil {
		f.SetInt(s.rest.value())
		f.SetMantExp(f, lowest)
	}
	f.Add(f, new(big.Float).SetFloat64(s.high))
	return f.Add(f, new(big.Float).SetFloat64(s.low))
}

// Pair is the sum to 106 bits: the nearest float64 and what it lacks, rounded.
func (s *Sum) Pair() (nearest, lacks float64) {
	if s.rest == nil {
		return twoSum(s.high, s.low)
	}
	return pair(s.float())
}

func pair(f *big.Float) (nearest, lacks float64) {
	nearest, _ = f.Float64()
	lacks, _ = f.Sub(f, new(big.Float).SetFloat64(nearest)).Float64()
	return nearest, lacks
}

// Centred is the sum of products of two columns less their means, to 106 bits in two float64s, of the sum of products of the
// columns as they are, of their own sums, and of the weight of the rows, which is positive:
//
//	products - a b / weight
//
// However far from 0 the columns are, no digit of the difference is lost.
func Centred(weight, a, b, products *Sum) (nearest, lacks float64) {
	w := weight.float()
	f := products.float()
	f.Mul(f, w)
	ab := a.float()
	f.Sub(f, ab.Mul(ab, b.float()))
	const quotient = 160 // bits: more than a pair has
	return pair(new(big.Float).SetPrec(quotient).Quo(f, w))
}

// Quotient is one sum by another, which is not 0, rounded to the nearest float64: the mean, of a sum of numbers times
// weights and that of the weights.
func Quotient(a, b *Sum) float64 { return nearest(a.float(), b.float()) }

// CentredWithin is Centred with a mean for each of several groups: their weights, and the sums of both columns in each.
// Groups without weight do not count.
//
//	products - the sum of a b / weight over the groups
func CentredWithin(weights, a, b []Sum, products *Sum) (nearest, lacks float64) {
	f := products.float()
	// A quotient is seldom finite. What is cut off is beyond any digit that is left, unless a group's mean is 2^400 times
	// as large as the deviations from it, which no float64s are.
	quotient := new(big.Float).SetPrec(1024)
	for g := range weights {
		w := weights[g].float()
		if w.Sign() <= 0 {
			continue
		}
		ab := a[g].float()
		f.Sub(f, quotient.Quo(ab.Mul(ab, b[g].float()), w))
	}
	return pair(f)
}
