package kernel

import "fmt"

// Gather copies rows of a matrix of width columns, which src has row by row, to the beginning of dst, in the order in which they are named.
// Rows that src does not have, and a dst that is too short, are a programmer's mistake and panic.
func Gather(dst, src []uint64, width int, rows []uint32) {
	var last uint32
	for _, row := range rows {
		last = max(last, row)
	}
	if len(rows) == 0 || width == 0 {
		return
	}
	if len(src)/width <= int(last) || len(dst) < len(rows)*width {
		panic(fmt.Sprintf("kernel: %d of %d rows up to %d into a vector of %d values", len(rows), len(src)/width, last, len(dst)))
	}
	if avx2() {
		gatherAVX2(dst, src, width, rows)
	} else {
		gatherPlain(dst, src, width, rows)
	}
}

func gatherPlain(dst, src []uint64, width int, rows []uint32) {
	for i, row := range rows {
		copy(dst[i*width:(i+1)*width], src[int(row)*width:])
	}
}
