//go:build !amd64

package kernel

func gatherAVX2(dst, src []uint64, width int, rows []uint32) { gatherPlain(dst, src, width, rows) }
