package numeric

import "math"

// Mean is the mean of finite values by their weights, which are >= 0 and not all 0; nil is 1 for each. It adds
// up in order and divides once. Where that sum is more than a float64 holds, it adds up the values
// divided by a power of two: the mean of finite values is finite.
func Mean(values, weights []float64) float64 {
	var sum, total float64
	for i, v := range values {
		w := weightOf(weights, i)
		sum += w * v
		total += w
	}
	if IsFinite(sum) && IsFinite(total) {
		return sum / total
	}
	largest := 1.0
	if weights != nil {
		largest = weights[ArgMax(weights)]
	}
	low, high := math.Inf(1), math.Inf(-1)
	_, exponent := math.Frexp(float64(len(values)))
	sum, total = 0, 0
	for i, v := range values {
		w := weightOf(weights, i) / largest
		if w > 0 {
			low, high = min(low, v), max(high, v)
		}
		sum += w * math.Ldexp(v, -exponent)
		total += w
	}
	return min(max(math.Ldexp(sum/total, exponent), low), high) // rounding must not lead out of the values' range
}

func weightOf(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}
