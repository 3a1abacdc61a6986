package kernel

// pack copies part of a factor into panels of the given width: panel after
// panel, within a panel one group of width values for each k. The values run
// from from to to along the rows of the stored matrix if byRows, else along its
// columns, and k from k0 to k1 along the other side. The last panel is filled
// up with zeros. It uses buf if that is large enough.
func pack(buf []float64, f Factor, byRows bool, from, to, k0, k1, width int, tiling tiling) []float64 {
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
		switch {
		case byRows:
			weave(panel, f, first, count, k0, k1, width, tiling)
		case count == width:
			tiling.lay(depth, width, f.Data[k0*f.Stride+first:], f.Stride, panel)
		default:
			for k := range depth {
				copy(panel[k*width:], f.Data[(k0+k)*f.Stride+first:][:count])
			}
		}
	}
	return buf
}

// weave writes count rows of f into one panel, four at a time.
func weave(panel []float64, f Factor, first, count, k0, k1, width int, tiling tiling) {
	depth, i := k1-k0, 0
	for ; i+4 <= count; i += 4 {
		tiling.weave(depth, width, f.Data[(first+i)*f.Stride+k0:], f.Stride, panel[i:])
	}
	for ; i < count; i++ {
		at := (first + i) * f.Stride
		for k, v := range f.Data[at+k0 : at+k1] {
			panel[k*width+i] = v
		}
	}
}
