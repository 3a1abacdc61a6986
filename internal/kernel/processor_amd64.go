package kernel

import "golang.org/x/sys/cpu"

// avx2 reports whether the processor has AVX2 and FMA instructions and the
// system keeps their registers. It reads what package cpu found out when the
// program began.
func avx2() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }
