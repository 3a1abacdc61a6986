package kernel

import "math"

// GramWidth is what the width of rows for Gram is a multiple of.
const GramWidth = 12

// Gram adds the products of columns with each other, summed over rows, to the
// upper triangle of sums, width x width: to sums[i*width+j], for i <= j, the sum of row[i] *
// row[j], row by row and each by a fused multiply-add. What is below the diagonal
// has no meaning. The width is a multiple of GramWidth, rows holds whole rows of
// it; anything else is a programmer's mistake and panics.
func Gram(sums, rows []float64, width int) {
	sameLength(len(sums), width*width)
	sameLength(len(rows)%width, 0)
	sameLength(width%GramWidth, 0)
	if avx2() {
		gramAVX2(sums, rows, width)
	} else {
		gramPlain(sums, rows, width)
	}
}

func gramPlain(sums, rows []float64, width int) {
	for ; len(rows) > 0; rows = rows[width:] {
		row := rows[:width]
		for i, a := range row {
			into := sums[i*width : (i+1)*width]
			for j := i; j < width; j++ {
				into[j] = math.FMA(a, row[j], into[j])
			}
		}
	}
}

// ScaleRow writes row * scale - shift into dst, value by value. Lengths that
// differ are a programmer's mistake and panic.
func ScaleRow(dst, row, scale, shift []float64) {
	sameLength(len(dst), len(row), len(scale), len(shift))
	if avx2() {
		scaleRowAVX2(dst, row, scale, shift)
	} else {
		scaleRowPlain(dst, row, scale, shift)
	}
}

func scaleRowPlain(dst, row, scale, shift []float64) {
	for j, v := range row {
		dst[j] = float64(v*scale[j]) - shift[j]
	}
}
