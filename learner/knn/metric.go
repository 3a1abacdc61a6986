package knn

import (
	"math"

	"github.com/gochimera/chimera/internal/kernel"
)

// lanes is how many rows are measured side by side.
const lanes = kernel.Lanes

// panel is one column of four consecutive rows. Rows are stored panel after
// panel: rows 0 to 3 column by column, then rows 4 to 7, and so on.
type panel = kernel.Panel

// metric computes distances in a reduced form: any increasing function of the
// distance will do to compare with, so euclidean leaves out the square root.
type metric struct {
	measure
	// ratio is the quotient of the true distances, near/far, for two
	// reduced ones, near < far.
	ratio func(near, far float64) float64
	// unit says that only the direction of rows counts.
	unit bool
}

// measure is how far rows are from queries, and boxes. A distance does not depend
// on the rows measured beside it, and is the same by all methods. See
// kernel.Distance for what they do.
type measure interface {
	Near(rows []panel, q []float64, limit float64, dst []float64) uint64
	Near4(rows []panel, queries []float64, limits *[4]float64, dst *[4]panel) int
	// Gaps is at most the distance from q to any row in each of four boxes.
	Gaps(bounds []panel, q []float64) panel
}

func newMetric(p Params) metric {
	plain := func(near, far float64) float64 { return near / far }
	switch {
	case p.Metric == cosine: // for unit vectors, 1 - cos is half the squared distance
		return metric{measure: kernel.Squares, ratio: plain, unit: true}
	case p.Metric == manhattan || p.Metric == minkowski && p.P == 1:
		return metric{measure: kernel.Absolutes, ratio: plain}
	case p.Metric == minkowski && p.P != 2:
		return metric{measure: minkowskiPower(p.P), ratio: plain}
	}
	return metric{measure: kernel.Squares, ratio: func(near, far float64) float64 { return math.Sqrt(near / far) }}
}

// minkowskiPower is the minkowski metric of any power >= 1.
type minkowskiPower float64

// Near is as kernel.Distance says.
func (p minkowskiPower) Near(rows []panel, q []float64, limit float64, dst []float64) (near uint64) {
	for i := range dst {
		columns := rows[i/lanes*len(q):][:len(q)]
		dst[i] = p.norm(len(q), func(j int) float64 { return math.Abs(columns[j][i%lanes] - q[j]) })
		if dst[i] <= limit {
			near |= 1 << i
		}
	}
	return near
}

// Near4 is as kernel.Distance says.
func (p minkowskiPower) Near4(rows []panel, queries []float64, limits *[4]float64, dst *[4]panel) (passed int) {
	width := len(queries) / 4
	for ; len(rows) >= width; rows = rows[width:] {
		near := false
		for c := range dst {
			for i := range dst[c] {
				dst[c][i] = p.norm(width, func(j int) float64 { return math.Abs(rows[j][i] - queries[4*j+c]) })
				near = near || dst[c][i] <= limits[c]
			}
		}
		if near {
			break
		}
		passed++
	}
	return passed
}

// Gaps allows for what rounding can do to the powers, which unlike sums and
// squares need not be monotonic.
func (p minkowskiPower) Gaps(bounds []panel, q []float64) (gaps panel) {
	for i := range gaps {
		gaps[i] = p.norm(len(q), func(j int) float64 { return max(bounds[2*j][i]-q[j], q[j]-bounds[2*j+1][i], 0) }) * (1 - 1e-9)
	}
	return gaps
}

// norm takes the largest difference out of the sum, so that a power neither
// overflows nor vanishes.
func (p minkowskiPower) norm(n int, difference func(j int) float64) float64 {
	var most float64
	for j := range n {
		most = max(most, difference(j))
	}
	if most == 0 || math.IsInf(most, 1) {
		return most
	}
	var sum float64
	for j := range n {
		if d := difference(j); d > 0 {
			sum += math.Pow(d/most, float64(p))
		}
	}
	return most * math.Pow(sum, 1/float64(p))
}

var (
	_ measure = kernel.Squares
	_ measure = minkowskiPower(0)
)
