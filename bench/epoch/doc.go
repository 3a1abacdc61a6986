// Package epoch has what an epoch of a multi-layer perceptron is measured with:
// pictures to train on, the matrix products that an epoch cannot do without,
// and the same network with its products computed by gonum's blas64, so that it
// trains with whatever implementation blas64.Use has been given.
//
// It is for benchmarks only.
package epoch
