package gemm

import "golang.org/x/sys/cpu"

func fastest() kernel {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		return vector()
	}
	return portable()
}

// vector is the kernel of AVX2 and FMA instructions: a tile of 4 x 12 in twelve
// of the sixteen registers, which is enough to hide the latency of two
// multiply-adds a cycle.
func vector() kernel {
	return kernel{mr: 4, nr: 12, tile: func(k int, a, b, c []float64, ldc int, add bool) {
		_, _, _ = a[4*k-1], b[12*k-1], c[3*ldc+11] // the assembly checks no bounds
		tile4x12(k, &a[0], &b[0], &c[0], ldc, add)
	}}
}

// tile4x12 computes one tile; k > 0. It is in kernel_amd64.s.
//
//go:noescape
func tile4x12(k int, a, b, c *float64, ldc int, add bool)
