package prepare

import "math"

// total is how many numbers were counted.
func (v *Values) total() (n int) {
	for _, c := range v.Counts {
		n += c
	}
	return n
}

// quantile interpolates linearly between the order statistics around q * (n - 1), as numpy does. There is at
// least one number.
func (v *Values) quantile(q float64) float64 {
	at := q * float64(v.total()-1)
	k := math.Floor(at)
	low, high := v.orders(int(k))
	t := at - k
	if t == 0 {
		return low
	}
	switch {
	case low == high:
		return low
	case t == 0.5:
		return middle(low, high)
	case t > 0.5:
		return high - (high-low)*(1-t)
	default:
		return low + (high-low)*t
	}
}

// orders are the k-th smallest number, from 0, and the next one, or the same if it is the last. In a bucket, numbers are
// taken as evenly spread.
func (v *Values) orders(k int) (low, high float64) {
	i := 0
	for k >= v.Counts[i] {
		k -= v.Counts[i]
		i++
	}
	low = v.order(i, k)
	switch {
	case k+1 < v.Counts[i]:
		return low, v.order(i, k+1)
	case i+1 < len(v.Counts):
		return low, v.order(i+1, 0)
	default:
		return low, low
	}
}

// order is the k-th number of a count, from 0.
func (v *Values) order(i, k int) float64 {
	if v.Bits == 64 {
		return v.Numbers[i]
	}
	low, high := v.bucket(i)
	return low + (high-low)*((float64(k)+0.5)/float64(v.Counts[i]))
}

// bucket is between which two numbers the numbers of a count lie.
func (v *Values) bucket(i int) (low, high float64) {
	x := v.Numbers[i]
	far := math.Float64frombits(math.Float64bits(x) | (1<<(64-v.Bits) - 1))
	if math.Signbit(x) {
		return far, x
	}
	return x, far
}

// mode is the most frequent number, the smallest of several; ok is false if numbers were counted together.
func (v *Values) mode() (number float64, ok bool) {
	best := 0
	for i, n := range v.Counts {
		if n > best {
			number, best = v.Numbers[i], n
		}
	}
	return number, v.Bits == 64
}

// middle is the mean of two numbers.
func middle(a, b float64) float64 {
	if m := (a + b) / 2; m-m == 0 {
		return m
	}
	return a/2 + b/2
}
