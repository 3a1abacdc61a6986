package linear

import "math"

// pair is the unevaluated sum of two float64s, the second at most half a last place of the first: a number of 106
// bits (Dekker, "A floating-point technique for extending the available precision", 1971). Errors are a few 2^-104.
type pair struct{ high, low float64 }

func single(x float64) pair { return pair{high: x} }

func (a pair) value() float64 { return a.high + a.low }

// quickSum is a + b for a that is not the smaller one.
func quickSum(a, b float64) pair {
	sum := a + b
	return pair{sum, b - (sum - a)}
}

func twoSum(a, b float64) (sum, lacks float64) {
	sum = a + b
	part := sum - a
	return sum, (a - (sum - part)) + (b - part)
}

func (a pair) plus(b pair) pair {
	high, lacks := twoSum(a.high, b.high)
	low, rest := twoSum(a.low, b.low)
	p := quickSum(high, lacks+low)
	return quickSum(p.high, p.low+rest)
}

func (a pair) minus(b pair) pair { return a.plus(pair{-b.high, -b.low}) }

func (a pair) times(b pair) pair {
	product := a.high * b.high
	lacks := math.FMA(a.high, b.high, -product)
	lacks = math.FMA(a.high, b.low, lacks)
	return quickSum(product, math.FMA(a.low, b.high, lacks))
}

// scaled is a times a power of two.
func (a pair) scaled(power float64) pair { return pair{a.high * power, a.low * power} }

func (a pair) over(b pair) pair {
	first := a.high / b.high
	rest := a.minus(b.times(single(first)))
	second := rest.high / b.high
	rest = rest.minus(b.times(single(second)))
	p := quickSum(first, second)
	return p.plus(single(rest.high / b.high))
}

// root is the square root of a positive number: one step of Newton's method.
func (a pair) root() pair {
	x := math.Sqrt(a.high)
	rest := a.minus(single(x).times(single(x)))
	return quickSum(x, rest.high/(2*x))
}
