package prepare

import (
	"math"
	"math/bits"
)

// Values counts numbers. Up to MostValues distinct ones are counted one by one. Beyond that, numbers that agree
// in their first Bits bits are counted together, for the largest Bits that leaves at most MostValues counts.
//
// This serves as the sketch of quantiles and modes. Bits depends on the set of the numbers only, and so do the
// counts: a set is counted in the same way however it is split, which the merged sketches of the libraries that
// were considered are not (DataSketches' KLL for Go compacts by coins from a source that cannot be seeded;
// t-digest's centroids depend on the order in which they merge). It resembles an HDR histogram, or DDSketch
// (Masson, Rim, Lee 2019), but for its resolution, which the numbers themselves decide.
//
// Error: a quantile between two order statistics is exact if Bits is 64. Else each order statistic is within
// the bucket of numbers that it shares its first Bits bits with; since 16 bits (sign, exponent, 4 of the
// mantissa) never have more than MostValues forms, that is a relative error below 1/16 at worst, and of the order of
// 2^(12-Bits) always. A million numbers from a normal distribution give 23 or more bits: below 1/2000.
type Values struct {
	Bits    int       `json:"bits"`
	Numbers []float64 `json:"numbers"` // ascending; with fewer than 64 bits, the number of each bucket that is nearest to 0
	Counts  []int     `json:"counts"`
}

// fewestBits never have more than MostValues forms.
const fewestBits = 16

// key is a number's first bits.
func key(bits uint64, width int) uint64 { return bits &^ (1<<(64-width) - 1) }

// ordered makes a float64's bits a whole number that is in the order of the numbers, -0 before 0; disordered is
// its inverse. Numbers that agree in their first bits lie side by side in this order.
func ordered(bits uint64) uint64 { return bits ^ (uint64(int64(bits)>>63) | 1<<63) }

func disordered(o uint64) uint64 { return o ^ (uint64(int64(^o)>>63) | 1<<63) }

// run is a number, or the first bits of one, and how often it occurs.
type run struct {
	key   uint64 // ordered
	count int
}

// mergeRuns merges two ascending lists.
func mergeRuns(a, b []run) []run {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	merged := make([]run, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].key < b[0].key:
			merged, a = append(merged, a[0]), a[1:]
		case a[0].key > b[0].key:
			merged, b = append(merged, b[0]), b[1:]
		default:
			merged = append(merged, run{a[0].key, a[0].count + b[0].count})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(merged, a...), b...)
}

// valuesOf counts together what agrees in so many bits that at most MostValues counts are left.
func valuesOf(runs []run, width int) *Values {
	width = min(width, widthFor(runs))
	return listed(coarsened(runs, width), width)
}

// listed lists runs of so many bits.
func listed(runs []run, width int) *Values {
	v := &Values{Bits: width, Numbers: make([]float64, len(runs)), Counts: make([]int, len(runs))}
	for i, r := range runs {
		v.Numbers[i], v.Counts[i] = math.Float64frombits(disordered(r.key)), r.count
	}
	return v
}

// widthFor is the largest number of bits that tells at most MostValues of the runs apart.
func widthFor(runs []run) int {
	var newAt [65]int // newAt[b]: keys whose first b bits, but not fewer, tell them from the one before
	for i := 1; i < len(runs); i++ {
		newAt[bits.LeadingZeros64(disordered(runs[i].key)^disordered(runs[i-1].key))+1]++
	}
	distinct, width := 1, 0
	for width < 64 && distinct+newAt[width+1] <= MostValues {
		width++
		distinct += newAt[width]
	}
	return width
}

// coarsened counts together what agrees in its first bits. The result lies in the memory of runs.
func coarsened(runs []run, width int) []run {
	if width == 64 {
		return runs
	}
	short := runs[:0]
	for _, r := range runs {
		k := ordered(key(disordered(r.key), width))
		if n := len(short); n > 0 && short[n-1].key == k {
			short[n-1].count += r.count
		} else {
			short = append(short, run{k, r.count})
		}
	}
	return short
}

// runs are the counts as they are merged.
func (v *Values) runs() []run {
	runs := make([]run, len(v.Numbers))
	for i, x := range v.Numbers {
		runs[i] = run{ordered(math.Float64bits(x)), v.Counts[i]}
	}
	return runs
}

// mergeValues adds up counts; there is at least one list.
func mergeValues(all []*Values) *Values {
	width := 64
	for _, v := range all {
		width = min(width, v.Bits)
	}
	var runs []run
	for _, v := range all {
		runs = mergeRuns(runs, coarsened(v.runs(), width))
	}
	return valuesOf(runs, width)
}

// with is v with a number counted n more times; v stays as it is.
func (v *Values) with(x float64, n int) *Values {
	return mergeValues([]*Values{v, {Bits: 64, Numbers: []float64{x + 0}, Counts: []int{n}}})
}
