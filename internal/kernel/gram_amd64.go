package kernel

func gramAVX2(sums, rows []float64, width int) {
	if len(rows) == 0 {
		return
	}
	for j := 0; j < width; j += 12 {
		for i := 0; i < j+12; i += 4 {
			gramTile(len(rows)/width, &rows[i], &rows[j], width, &sums[i*width+j])
		}
	}
}

func scaleRowAVX2(dst, row, scale, shift []float64) {
	whole := len(row) &^ 3
	if whole > 0 {
		scaleFours(whole/4, &dst[0], &row[0], &scale[0], &shift[0])
	}
	scaleRowPlain(dst[whole:], row[whole:], scale[whole:], shift[whole:])
}

// gramTile adds to a tile of 4 x 12 of sums, rows > 0.
//
//go:noescape
func gramTile(rows int, a, b *float64, width int, sums *float64)

// scaleFours is ScaleRow for 4*fours values; fours > 0.
//
//go:noescape
func scaleFours(fours int, dst, row, scale, shift *float64)
