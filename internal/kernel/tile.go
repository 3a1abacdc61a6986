package kernel

import "math"

// portable is the tiling in plain Go: a tile of 2 x 4, which is what fits into
// the registers of every processor together with the values it is made from.
func portable() tiling { return tiling{mr: 2, nr: 4, tile: tile2x4, lay: lay, weave: weaveFour} }

func tile2x4(k int, a, b, c []float64, ldc int, add bool) {
	var c00, c01, c02, c03, c10, c11, c12, c13 float64
	a, b = a[:2*k], b[:4*k]
	for len(a) >= 2 && len(b) >= 4 {
		a0, a1 := a[0], a[1]
		b0, b1, b2, b3 := b[0], b[1], b[2], b[3]
		c00 = math.FMA(a0, b0, c00)
		c01 = math.FMA(a0, b1, c01)
		c02 = math.FMA(a0, b2, c02)
		c03 = math.FMA(a0, b3, c03)
		c10 = math.FMA(a1, b0, c10)
		c11 = math.FMA(a1, b1, c11)
		c12 = math.FMA(a1, b2, c12)
		c13 = math.FMA(a1, b3, c13)
		a, b = a[2:], b[4:]
	}
	top, bottom := c[:4], c[ldc:ldc+4]
	if add {
		c00, c01, c02, c03 = top[0]+c00, top[1]+c01, top[2]+c02, top[3]+c03
		c10, c11, c12, c13 = bottom[0]+c10, bottom[1]+c11, bottom[2]+c12, bottom[3]+c13
	}
	top[0], top[1], top[2], top[3] = c00, c01, c02, c03
	bottom[0], bottom[1], bottom[2], bottom[3] = c10, c11, c12, c13
}

func lay(k, width int, from []float64, stride int, to []float64) {
	for i := range k {
		group, values := to[i*width:(i+1)*width], from[i*stride:i*stride+width]
		for len(values) >= 2 && len(group) >= 2 { // far cheaper than a copy of so few
			v0, v1 := values[0], values[1]
			group[0], group[1] = v0, v1
			group, values = group[2:], values[2:]
		}
		copy(group, values)
	}
}

func weaveFour(k, width int, from []float64, stride int, to []float64) {
	r0, r1, r2, r3 := from[:k], from[stride:stride+k], from[2*stride:2*stride+k], from[3*stride:3*stride+k]
	for i, v := range r0 {
		group := to[i*width : i*width+4]
		group[0], group[1], group[2], group[3] = v, r1[i], r2[i], r3[i]
	}
}
