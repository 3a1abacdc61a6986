package kernel

import (
	"math"
)

// Lanes is how many rows a Panel holds.
const Lanes = 4

// Panel is one column of four consecutive rows. A set of rows is stored panel
// after panel: rows 0 to 3 column by column, then rows 4 to 7, and so on.
type Panel = [Lanes]float64

// MostNear is how many rows Near measures at most: one bit for each.
const MostNear = 64

// Distance is how far apart two rows are, as a sum over their columns. It is
// always added up column by column, each term rounded before it is added, so
// it depends neither on the rows measured beside it nor on the processor.
type Distance int

const (
	// Squares is the sum of squared differences.
	Squares Distance = iota
	// Absolutes is the sum of absolute differences.
	Absolutes
)

// Near measures q against as many rows as dst holds: a multiple of Lanes, at
// most MostNear. Bit i of the answer says that row i is not farther away than
// limit.
func (d Distance) Near(rows []Panel, q []float64, limit float64, dst []float64) uint64 {
	panels, width := len(dst)/Lanes, len(q)
	if panels == 0 || width == 0 || len(dst) > MostNear {
		return 0
	}
	rows = rows[:panels*width]
	if avx2() {
		return d.nearAVX2(rows, q, limit, dst)
	}
	return d.nearPlain(rows, q, limit, dst)
}

func (d Distance) nearPlain(rows []Panel, q []float64, limit float64, dst []float64) (near uint64) {
	width := len(q)
	for p := range len(dst) / Lanes {
		sum := d.panel(rows[p*width:][:width], q, 1)
		copy(dst[p*Lanes:], sum[:])
		near |= uint64(notBeyond(sum, limit)) << (p * Lanes)
	}
	return near
}

// Near4 measures four queries against panels of rows, as many columns each,
// until it comes to a panel in which a row is not farther from a query than that
// query's limit. The values of queries are those of the four in the first column, then
// in the second, and so on. It returns how many panels it has passed over, and in dst
// the distances in the one it came to, dst[c] those of query c. If there is no such
// panel it returns how many there are.
func (d Distance) Near4(rows []Panel, queries []float64, limits *[4]float64, dst *[4]Panel) int {
	width := len(queries) / 4
	if width == 0 || len(rows) < width {
		return 0
	}
	if avx2() {
		return d.near4AVX2(rows, queries, limits, dst)
	}
	return d.near4Plain(rows, queries, limits, dst)
}

func (d Distance) near4Plain(rows []Panel, queries []float64, limits *[4]float64, dst *[4]Panel) int {
	width := len(queries) / 4
	panels := len(rows) / width
	for p := range panels {
		near := 0
		for c := range dst {
			dst[c] = d.panel(rows[p*width:][:width], queries[c:], 4)
			near |= notBeyond(dst[c], limits[c])
		}
		if near != 0 {
			return p
		}
	}
	return panels
}

// panel is the distances of one query, whose values are step apart, to the
// four rows of a panel.
func (d Distance) panel(columns []Panel, q []float64, step int) Panel {
	var a0, a1, a2, a3 float64
	at := 0
	if d == Squares {
		for j := range columns {
			x, v := &columns[j], q[at]
			d0, d1, d2, d3 := x[0]-v, x[1]-v, x[2]-v, x[3]-v
			a0 += float64(d0 * d0)
			a1 += float64(d1 * d1)
			a2 += float64(d2 * d2)
			a3 += float64(d3 * d3)
			at += step
		}
		return Panel{a0, a1, a2, a3}
	}
	for j := range columns {
		x, v := &columns[j], q[at]
		a0 += math.Abs(x[0] - v)
		a1 += math.Abs(x[1] - v)
		a2 += math.Abs(x[2] - v)
		a3 += math.Abs(x[3] - v)
		at += step
	}
	return Panel{a0, a1, a2, a3}
}

// notBeyond is a bit for each distance that is not larger than limit.
func notBeyond(distances Panel, limit float64) (near int) {
	for i, d := range distances {
		if d <= limit {
			near |= 1 << i
		}
	}
	return near
}

// Gaps is the distance from q to each of four boxes. bounds holds the boxes' lower
// bounds in the first column, their upper bounds in it, and so on. Rounding is
// monotonic and the order of the sum that of a distance, so no row in a box has
// a smaller distance, as computed.
func (d Distance) Gaps(bounds []Panel, q []float64) (gaps Panel) {
	if len(q) == 0 {
		return gaps
	}
	bounds = bounds[:2*len(q)]
	if avx2() {
		d.gapsAVX2(bounds, q, &gaps)
		return gaps
	}
	return d.gapsPlain(bounds, q)
}

func (d Distance) gapsPlain(bounds []Panel, q []float64) (gaps Panel) {
	for j, v := range q {
		lower, upper := &bounds[2*j], &bounds[2*j+1]
		for i := range gaps {
			gap := max(lower[i]-v, v-upper[i], 0)
			if d == Squares {
				gap = float64(gap * gap)
			}
			gaps[i] += gap
		}
	}
	return gaps
}
