package exact

import (
	"math"
	"math/big"
)

// Mean is the mean of n numbers with a sum, rounded to the nearest float64. n is positive.
func Mean(n int, sum []float64) float64 {
	v, _ := new(big.Rat).Quo(Rat(sum), new(big.Rat).SetInt64(int64(n))).Float64()
	return v
}

// Variance is the variance of n numbers, n in the denominator, rounded to the nearest float64: the mean of the
// squares less the square of the mean. It is negative for sums that no numbers have. n is positive.
func Variance(n int, sum, squares []float64) float64 {
	count := new(big.Rat).SetInt64(int64(n))
	total := Rat(sum)
	v := new(big.Rat).Mul(Rat(squares), count)
	v.Sub(v, total.Mul(total, total))
	rounded, _ := v.Quo(v, count.Mul(count, count)).Float64()
	return rounded
}

// Possible reports whether there are n numbers with a sum and a sum of squares. The sums are correct ones of
// CheckExpansion.
func Possible(n int, sum, squares []float64) bool {
	if n == 0 {
		return len(sum) == 0 && len(squares) == 0
	}
	return !math.Signbit(Variance(n, sum, squares))
}

// Within reports whether there are n numbers with a sum, each of them at most limit in absolute value.
func Within(n int, sum []float64, limit float64) bool {
	most := new(big.Rat).SetFloat64(limit)
	most.Mul(most, new(big.Rat).SetInt64(int64(n)))
	total := Rat(sum)
	return total.Abs(total).Cmp(most) <= 0
}
