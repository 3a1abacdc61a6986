package gemm

// pack copies part of a factor into panels of the given width: panel after
// panel, within a panel one group of width values for each k. The values run
// from from to to along the rows of the stored matrix if byRows, else along its
// columns, and k from k0 to k1 along the other side. The last panel is filled
// up with zeros. It uses buf if that is large enough.
func pack(buf []float64, f Factor, byRows bool, from, to, k0, k1, width int) []float64 {
	depth := k1 - k0
	panels := (to - from + width - 1) / width
	if size := panels * width * depth; cap(buf) < size {
		buf = make([]float64, size)
	} else {
		buf = buf[:size]
	}
	for p := range panels {
		first := from + p*width
		count := min(width, to-first)
		panel := buf[p*width*depth : (p+1)*width*depth]
		if count < width {
			clear(panel)
		}
		if byRows {
			weave(panel, f, first, count, k0, k1, width)
			continue
		}
		for k := k0; k < k1; k++ {
			to, from := panel[(k-k0)*width:], f.Data[k*f.Stride+first:k*f.Stride+first+count]
			for len(from) >= 4 && len(to) >= 4 { // far cheaper than a copy of so few
				v0, v1, v2, v3 := from[0], from[1], from[2], from[3]
				to[0], to[1], to[2], to[3] = v0, v1, v2, v3
				to, from = to[4:], from[4:]
			}
			if len(from) > 0 {
				copy(to, from)
			}
		}
	}
	return buf
}

// weave writes count rows of f into one panel, four at a time.
func weave(panel []float64, f Factor, first, count, k0, k1, width int) {
	row := func(i int) []float64 {
		at := (first + i) * f.Stride
		return f.Data[at+k0 : at+k1]
	}
	i := 0
	for ; i+4 <= count; i += 4 {
		r0 := row(i)
		r1, r2, r3 := row(i + 1)[:len(r0)], row(i + 2)[:len(r0)], row(i + 3)[:len(r0)]
		to := panel[i:]
		for k, v := range r0 {
			group := to[k*width : k*width+4]
			group[0], group[1], group[2], group[3] = v, r1[k], r2[k], r3[k]
		}
	}
	for ; i < count; i++ {
		for k, v := range row(i) {
			panel[k*width+i] = v
		}
	}
}
