//go:build !amd64

package kernel

import "gonum.org/v1/gonum/blas/blas64"

func dotsAVX2(dst []float64, x blas64.General, coef []float64, offset float64) {
	dotsPlain(dst, x, coef, offset)
}

func addRowsAVX2(into []float64, x blas64.General, factors []float64) {
	addRowsPlain(into, x, factors)
}

func boundsAVX2(low, high []float64, x blas64.General) { boundsPlain(low, high, x) }

func addSquaresAVX2(into []float64, x blas64.General, shift, scale []float64) {
	addSquaresPlain(into, x, shift, scale)
}
