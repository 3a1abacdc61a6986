// Package kernel has the loops over numbers in which learners spend most of
// their time: products of dense matrices, distances, rows that lie far apart, the logistic loss,
// activations of networks, and steps of an optimiser. And it has the threads that
// share such work: see [Team].
//
// Each is there twice: in plain Go, for every processor, and in Go assembly, of
// the AVX2 and FMA instructions of amd64. Which one runs is decided by the
// processor alone, as golang.org/x/sys/cpu found it when the program began, and
// GODEBUG=cpu.avx2=off decides for plain Go. Nothing else can change it.
//
// # Which bits
//
// Both give the same bits, on every processor, and tests hold one against the
// other. The plain one is the definition: it says which operations are rounded,
// and in which order values are added; the assembly does the same, several at a
// time. Two rules make that cheap:
//
//   - Loops over values round each operation. Plain Go writes float64(a*b) + c,
//     with the conversion, since a compiler may otherwise use a fused
//     multiply-add where the processor has one. A sum over values is of a fixed
//     number of partial sums, as many as the assembly has lanes, which are added
//     in the end.
//   - Products of matrices are sums of fused multiply-adds, which are twice as
//     fast where there is an instruction for them. Plain Go calls math.FMA: one
//     instruction on arm64, ppc64, riscv64 and s390x, and on amd64 with FMA.
//     A processor of amd64 without it, older than 2013, computes it in software
//     and takes a hundred times as long.
//
// What learners compute beside these loops has no such promise between
// architectures: Go's compiler fuses on some, and math.Exp is not the same on
// all.
//
// # Products
//
// The scheme is that of Goto and van de Geijn ("Anatomy of High-Performance
// Matrix Multiplication", ACM TOMS 34, 2008): both factors are packed into
// panels that a small loop walks through in order, with a tile of the result in
// registers.
//
// Every element of a result is the sum of its products in ascending order of
// the inner dimension, cut into blocks whose length depends on that dimension
// alone. It does not depend on the size or place of the tile in which the
// element is computed, on the other rows and columns, or on the number of
// threads. So a row of a product has the same bits whether it is computed
// alone or among others.
//
// Products in single precision read and write float64 all the same: factors are
// rounded when they are packed, and a tile is added to the result in double
// precision. Plain Go has no fused multiply-add of float32 to call; it computes
// one from float64, at a tenth of the speed, so single precision pays only where
// there are vector instructions.
//
// # Another kernel
//
// A file name.go has the exported function, which checks lengths and chooses,
// and the plain loop; name_amd64.go and name_amd64.s have the assembly, and
// name_other.go what other processors have in its place, which is never called.
// The test compares both through [bothWays], at every length around the number
// of lanes, and the plain one with an independent truth.
//
// The package imports gonum's blas64 for the type of a matrix, and
// golang.org/x/sys/cpu.
package kernel
