package kernel

func singlesAVX2() singles { return singles{tileSingleAVX2, laySingleAVX2, weaveSingleAVX2} }

// The assembly checks no bounds; these do.

func tileSingleAVX2(k int, a, b []float32, c []float64, ldc int, add bool) {
	_, _, _ = a[4*k-1], b[16*k-1], c[3*ldc+15]
	tile4x16(k, &a[0], &b[0], &c[0], ldc, add)
}

func laySingleAVX2(k, width int, from []float64, stride int, to []float32) {
	_, _ = from[(k-1)*stride+width-1], to[k*width-1]
	if width == 16 {
		laySingle16(k, &from[0], stride, &to[0])
	} else {
		laySingle4(k, &from[0], stride, &to[0])
	}
}

func weaveSingleAVX2(k, width int, from []float64, stride int, to []float32) {
	four := k &^ 3
	if four > 0 {
		_, _ = from[3*stride+four-1], to[(four-1)*width+3]
		weaveSingle4x4(four/4, width, &from[0], stride, &to[0])
	}
	if four < k {
		weaveSinglePlain(k-four, width, from[four:], stride, to[four*width:])
	}
}

// tile4x16 computes one tile; k > 0. It is in single_amd64.s.
//
//go:noescape
func tile4x16(k int, a, b *float32, c *float64, ldc int, add bool)

// laySingle16 and laySingle4 copy k groups of 16 and of 4 values; k > 0.
//
//go:noescape
func laySingle16(k int, from *float64, stride int, to *float32)

//go:noescape
func laySingle4(k int, from *float64, stride int, to *float32)

// weaveSingle4x4 turns four rows of 4*blocks values into groups of four, width
// apart; blocks > 0.
//
//go:noescape
func weaveSingle4x4(blocks, width int, from *float64, stride int, to *float32)
