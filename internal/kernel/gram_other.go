//go:build !amd64

package kernel

func gramAVX2(sums, rows []float64, width int) { gramPlain(sums, rows, width) }

func scaleRowAVX2(dst, row, scale, shift []float64) { scaleRowPlain(dst, row, scale, shift) }
