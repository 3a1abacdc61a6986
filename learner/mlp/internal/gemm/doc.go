// Package gemm multiplies dense matrices of float64, for the learners whose
// time goes into that.
//
// The scheme is that of Goto and van de Geijn ("Anatomy of High-Performance
// Matrix Multiplication", ACM TOMS 34, 2008): both factors are packed into
// panels that a small kernel walks through in order, with a tile of the result
// in registers. There are two kernels: one in plain Go, and one of AVX2 and FMA
// instructions for amd64, chosen at run time if the processor has them.
//
// # Which bits
//
// Every element of a result is the sum of its products in ascending order of
// the inner dimension, cut into blocks whose length depends on that dimension
// alone. It does not depend on the size or place of the tile in which the
// element is computed, on the other rows and columns, or on the number of
// threads. So a row of a product has the same bits whether it is computed
// alone or among others.
//
// It does depend on the kernel: with FMA a product is added without being
// rounded first. So bits may differ between processors with and without FMA,
// and between those and other architectures, whose compiler may or may not use
// such an instruction. On one machine they do not. GODEBUG=cpu.fma=off turns
// the FMA kernel off: all amd64 processors then give the same bits, several
// times slower.
//
// The package imports gonum's blas64 for the type of a matrix, and
// golang.org/x/sys/cpu.
package gemm
