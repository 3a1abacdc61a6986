package kmeans

import "math"

// lanes is how many points are measured side by side: their sums do not wait for one another.
const lanes = 4

// points are laid out for measuring: four of them, column by column, then the next four. Those that fill up the last four
// repeat the last point, so they are never nearer than it.
type points struct {
	n, cols int
	panels  [][lanes]float64
}

func newPoints(list [][]float64) points {
	p := points{n: len(list)}
	if p.n == 0 {
		return p
	}
	p.cols = len(list[0])
	p.panels = make([][lanes]float64, (p.n+lanes-1)/lanes*p.cols)
	for i := range (p.n + lanes - 1) / lanes * lanes {
		for j, v := range list[min(i, p.n-1)] {
			p.panels[i/lanes*p.cols+j][i%lanes] = v
		}
	}
	return p
}

// nearest is the point nearest to a row, the first of equals, and the squared distance to it, which is added up column by
// column. Products are rounded before they are added, so no system fuses the two and all get the same bits.
func (p points) nearest(row []float64) (at int, distance float64) {
	distance = math.Inf(1)
	row = row[:p.cols]
	for first, rest := 0, p.panels; len(rest) > 0; first += lanes {
		columns := rest[:len(row)]
		rest = rest[len(row):]
		var a, b, c, d float64
		for j, v := range row {
			q := &columns[j]
			da, db, dc, dd := q[0]-v, q[1]-v, q[2]-v, q[3]-v
			a += float64(da * da)
			b += float64(db * db)
			c += float64(dc * dc)
			d += float64(dd * dd)
		}
		if a < distance {
			at, distance = first, a
		}
		if b < distance {
			at, distance = first+1, b
		}
		if c < distance {
			at, distance = first+2, c
		}
		if d < distance {
			at, distance = first+3, d
		}
	}
	return at, distance
}

// squared is the squared distance of two rows, as nearest adds it up.
func squared(a, b []float64) float64 {
	var sum float64
	for j, v := range a {
		d := b[j] - v
		sum += float64(d * d)
	}
	return sum
}
