package kmeans

import (
	"math"
	"math/bits"
)

// How many different rows there are is counted by what their hashes begin with (Flajolet and Martin, "Probabilistic
// counting algorithms for data base applications", 1985): a hash puts a row into one of the buckets, and there on a
// level, half of them on the first, a quarter on the second, and so on. Equal rows come to the same place, and rows of
// several workers add up. The standard error is 0.78 / sqrt(buckets), 14 %.
const (
	buckets = 32
	levels  = 48
)

// place is where a hash falls among buckets * levels.
func place(hash uint64) int {
	bucket := int(hash % buckets)
	level := min(bits.TrailingZeros64(hash/buckets), levels-1)
	return bucket*levels + level
}

// distinct is about how many different rows have fallen into counts. Its second term corrects it for small numbers
// (Scheuermann and Mauve 2007).
func distinct(counts []int64) float64 {
	var sum float64
	for b := range buckets {
		lowest := 0
		for lowest < levels && counts[b*levels+lowest] > 0 {
			lowest++
		}
		sum += float64(lowest)
	}
	mean := sum / buckets
	const bias = 0.77351
	return max(1, buckets/bias*(math.Exp2(mean)-math.Exp2(-1.75*mean)))
}
