package kernel

func fastest() tiling {
	if avx2() {
		return vector()
	}
	return portable()
}

// vector is the tiling of AVX2 and FMA instructions: a tile of 4 x 12 in twelve
// of the sixteen registers, which is enough to hide the latency of two
// multiply-adds a cycle.
func vector() tiling {
	return tiling{mr: 4, nr: 12, tile: tileVector, rows: rowsVector, lay: layVector, weave: weaveVector}
}

// The assembly checks no bounds; these do.

func tileVector(k int, a, b, c []float64, ldc int, add bool) {
	_, _, _ = a[4*k-1], b[12*k-1], c[3*ldc+11]
	tile4x12(k, &a[0], &b[0], &c[0], ldc, add)
}

func rowsVector(k int, a []float64, lda int, b, c []float64, ldc int, add bool) {
	_, _, _ = a[3*lda+k-1], b[12*k-1], c[3*ldc+11]
	rows4x12(k, &a[0], lda, &b[0], &c[0], ldc, add)
}

func layVector(k, width int, from []float64, stride int, to []float64) {
	_, _ = from[(k-1)*stride+width-1], to[k*width-1]
	if width == 12 {
		lay12(k, &from[0], stride, &to[0])
	} else {
		lay4(k, &from[0], stride, &to[0])
	}
}

func weaveVector(k, width int, from []float64, stride int, to []float64) {
	four := k &^ 3
	if four > 0 {
		_, _ = from[3*stride+four-1], to[(four-1)*width+3]
		weave4x4(four/4, width, &from[0], stride, &to[0])
	}
	if four < k {
		weaveFour(k-four, width, from[four:], stride, to[four*width:])
	}
}

// tile4x12 computes one tile; k > 0. It is in tile_amd64.s.
//
//go:noescape
func tile4x12(k int, a, b, c *float64, ldc int, add bool)

// rows4x12 does so from four rows of a, lda apart, as they are; k > 0.
//
//go:noescape
func rows4x12(k int, a *float64, lda int, b, c *float64, ldc int, add bool)

// lay12 and lay4 copy k groups of 12 and of 4 values; k > 0.
//
//go:noescape
func lay12(k int, from *float64, stride int, to *float64)

//go:noescape
func lay4(k int, from *float64, stride int, to *float64)

// weave4x4 turns four rows of 4*blocks values into groups of four, width apart;
// blocks > 0.
//
//go:noescape
func weave4x4(blocks, width int, from *float64, stride int, to *float64)
