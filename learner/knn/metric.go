package knn

import "math"

// lanes is how many rows are measured side by side: their sums do not wait
// for one another, and four fit in the registers.
const lanes = 4

// panel is one column of four consecutive rows. Rows are stored panel after
// panel: rows 0 to 3 column by column, then rows 4 to 7, and so on.
type panel = [lanes]float64

// metric computes distances in a reduced form: any increasing function of the
// distance will do to compare with, so euclidean leaves out the square root.
// A distance is always added up column by column, so it does not depend on
// the rows measured beside it. Products are rounded before they are added
// (the conversions to float64 see to that), so no system fuses the two and all
// get the same bits.
type metric struct {
	// distances measures q against one row after the other, as many as dst
	// holds; that is a multiple of lanes.
	distances func(dst []float64, rows []panel, q []float64)
	// gap is at most the distance from q to any row in the box.
	gap func(lower, upper, q []float64) float64
	// ratio is the quotient of the true distances, near/far, for two
	// reduced ones, near < far.
	ratio func(near, far float64) float64
	// unit says that only the direction of rows counts.
	unit bool
}

func newMetric(p Params) metric {
	squares := metric{distances: squaredDistances, gap: squaredGap, ratio: func(near, far float64) float64 { return math.Sqrt(near / far) }}
	sums := metric{distances: absoluteDistances, gap: absoluteGap, ratio: func(near, far float64) float64 { return near / far }}
	switch {
	case p.Metric == cosine: // for unit vectors, 1 - cos is half the squared distance
		return metric{distances: squaredDistances, gap: squaredGap, ratio: sums.ratio, unit: true}
	case p.Metric == manhattan || p.Metric == minkowski && p.P == 1:
		return sums
	case p.Metric == minkowski && p.P != 2:
		power := minkowskiPower(p.P)
		return metric{distances: power.distances, gap: power.gap, ratio: sums.ratio}
	}
	return squares
}

// squaredDistances is the squared euclidean distance.
func squaredDistances(dst []float64, rows []panel, q []float64) {
	for ; len(dst) >= lanes; dst = dst[lanes:] {
		columns := rows[:len(q)]
		rows = rows[len(q):]
		var a, b, c, d float64
		for j, v := range q {
			x := &columns[j]
			da, db, dc, dd := x[0]-v, x[1]-v, x[2]-v, x[3]-v
			a += float64(da * da)
			b += float64(db * db)
			c += float64(dc * dc)
			d += float64(dd * dd)
		}
		dst[0], dst[1], dst[2], dst[3] = a, b, c, d
	}
}

// squaredGap is the squared euclidean distance to a box. Rounding is
// monotonic and the order of the sum the same, so no row in the box has a
// smaller distance, as computed.
func squaredGap(lower, upper, q []float64) float64 {
	lower, upper = lower[:len(q)], upper[:len(q)]
	var sum float64
	for j, v := range q {
		d := max(lower[j]-v, v-upper[j], 0)
		sum += float64(d * d)
	}
	return sum
}

// absoluteDistances is the manhattan distance.
func absoluteDistances(dst []float64, rows []panel, q []float64) {
	for ; len(dst) >= lanes; dst = dst[lanes:] {
		columns := rows[:len(q)]
		rows = rows[len(q):]
		var a, b, c, d float64
		for j, v := range q {
			x := &columns[j]
			a += math.Abs(x[0] - v)
			b += math.Abs(x[1] - v)
			c += math.Abs(x[2] - v)
			d += math.Abs(x[3] - v)
		}
		dst[0], dst[1], dst[2], dst[3] = a, b, c, d
	}
}

// absoluteGap is the manhattan distance to a box; see squaredGap.
func absoluteGap(lower, upper, q []float64) float64 {
	lower, upper = lower[:len(q)], upper[:len(q)]
	var sum float64
	for j, v := range q {
		sum += max(lower[j]-v, v-upper[j], 0)
	}
	return sum
}

// minkowskiPower is the minkowski metric of any power >= 1.
type minkowskiPower float64

func (p minkowskiPower) distances(dst []float64, rows []panel, q []float64) {
	for i := range dst {
		columns := rows[i/lanes*len(q):][:len(q)]
		dst[i] = p.norm(len(q), func(j int) float64 { return math.Abs(columns[j][i%lanes] - q[j]) })
	}
}

// gap allows for what rounding can do to the powers, which unlike sums and
// squares need not be monotonic.
func (p minkowskiPower) gap(lower, upper, q []float64) float64 {
	return p.norm(len(q), func(j int) float64 { return max(lower[j]-q[j], q[j]-upper[j], 0) }) * (1 - 1e-9)
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
