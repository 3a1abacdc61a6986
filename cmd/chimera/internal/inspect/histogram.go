package inspect

import (
	"cmp"
	"slices"
)

// mostBins is how many bins a histogram has at most.
const mostBins = 30

// histogram is how many numbers lie in bins of one width, or have a value.
type histogram struct {
	name   string
	values []weighted // of a numeric column, ascending
	labels []Frequency
	others int // rows of further values
}

// narrow is the share of the largest number below which all are in one bin: there float64 has too few numbers for the edges
// of more, and for ticks between them.
const narrow = 1e-12

// bins counts values in at most most bins of one width; edges has one more.
func bins(values []weighted, most int) (edges []float64, counts []float64) {
	low, high := values[0].value, values[len(values)-1].value
	n := min(most, len(values))
	if size := max(-low, high); high-low <= narrow*size {
		middle, half := low+(high-low)/2, max(0.5, narrow*size)
		var all float64
		for _, w := range values {
			all += float64(w.count)
		}
		return []float64{middle - half, middle + half}, []float64{all}
	}
	width := high/float64(n) - low/float64(n)
	counts, edges = make([]float64, n), make([]float64, n+1)
	for i := range edges {
		edges[i] = low + float64(i)*width
	}
	edges[n] = high
	for _, w := range values {
		at, found := slices.BinarySearchFunc(edges, w.value, cmp.Compare)
		if !found {
			at--
		}
		counts[min(max(at, 0), n-1)] += float64(w.count)
	}
	return edges, counts
}
