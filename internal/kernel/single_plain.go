package kernel

import "math"

func tileSinglePlain(k int, a, b []float32, c []float64, ldc int, add bool) {
	const mr, nr = singleRows, singleColumns
	var sums [mr][nr]float32
	for len(a) >= mr && len(b) >= nr && k > 0 {
		for i := range sums {
			for j := range sums[i] {
				sums[i][j] = fma32(a[i], b[j], sums[i][j])
			}
		}
		a, b, k = a[mr:], b[nr:], k-1
	}
	for i := range sums {
		row := c[i*ldc : i*ldc+nr]
		for j, v := range sums[i] {
			if add {
				row[j] += float64(v)
			} else {
				row[j] = float64(v)
			}
		}
	}
}

// fma32 is x*y + z, rounded once. The product is exact in float64. The sum is
// rounded to odd there, which leaves enough of what was lost for the second
// rounding to be right (Boldo and Melquiond, "Emulation of a FMA and correctly
// rounded sums: proved algorithms using rounding to odd", IEEE Transactions on
// Computers 57, 2008).
func fma32(x, y, z float32) float32 {
	p, c := float64(float64(x)*float64(y)), float64(z)
	s := p + c
	from := s - p
	lost := (p - (s - from)) + (c - from) // exactly s - (p + c), with the sign turned
	if bits := math.Float64bits(s); bits&1 == 0 && (lost > 0 || lost < 0) {
		if (lost > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
		s = math.Float64frombits(bits)
	}
	return float32(s)
}

func laySinglePlain(k, width int, from []float64, stride int, to []float32) {
	for i := range k {
		group := to[i*width : (i+1)*width]
		for j, v := range from[i*stride : i*stride+width] {
			group[j] = float32(v)
		}
	}
}

func weaveSinglePlain(k, width int, from []float64, stride int, to []float32) {
	r0, r1, r2, r3 := from[:k], from[stride:stride+k], from[2*stride:2*stride+k], from[3*stride:3*stride+k]
	for i, v := range r0 {
		group := to[i*width : i*width+4]
		group[0], group[1], group[2], group[3] = float32(v), float32(r1[i]), float32(r2[i]), float32(r3[i])
	}
}
