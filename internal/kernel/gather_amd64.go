package kernel

func gatherAVX2(dst, src []uint64, width int, rows []uint32) {
	gatherRows(len(rows), &rows[0], width, &src[0], &dst[0])
}

// gatherRows is gatherPlain for n rows of width values; n > 0, width > 0.
//
//go:noescape
func gatherRows(n int, rows *uint32, width int, src, dst *uint64)
