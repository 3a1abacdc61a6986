package kernel

import "gonum.org/v1/gonum/blas/blas64"

func dotsAVX2(dst []float64, x blas64.General, coef []float64, offset float64) {
	fours := x.Rows / 4
	if fours == 0 || len(coef) == 0 {
		dotsPlain(dst, x, coef, offset)
		return
	}
	_ = x.Data[(4*fours-1)*x.Stride+x.Cols-1]
	dotsFours(fours, len(coef), &x.Data[0], x.Stride, &coef[0], offset, &dst[0])
	dotsPlain(dst[4*fours:], below(x, 4*fours), coef, offset)
}

func addRowsAVX2(into []float64, x blas64.General, factors []float64) {
	fours := x.Rows / 4
	if fours == 0 || len(into) == 0 {
		addRowsPlain(into, x, factors)
		return
	}
	_ = x.Data[(4*fours-1)*x.Stride+x.Cols-1]
	addFours(fours, len(into), &x.Data[0], x.Stride, &factors[0], &into[0])
	addRowsPlain(into, below(x, 4*fours), factors[4*fours:])
}

func boundsAVX2(low, high []float64, x blas64.General) {
	fours, whole := x.Rows/4, len(low)&^3
	if fours > 0 && whole > 0 {
		_ = x.Data[(4*fours-1)*x.Stride+x.Cols-1]
		boundsFours(fours, whole/4, &x.Data[0], x.Stride, &low[0], &high[0])
		part := below(x, 4*fours)
		part.Cols = whole
		boundsPlain(low[:whole], high[:whole], part)
	} else {
		whole = 0
	}
	if whole < len(low) && x.Rows > 0 {
		x.Data = x.Data[whole:]
		boundsPlain(low[whole:], high[whole:], x)
	}
}

func addSquaresAVX2(into []float64, x blas64.General, shift, scale []float64) {
	fours, whole := x.Rows/4, len(into)&^3
	if fours > 0 && whole > 0 {
		_ = x.Data[(4*fours-1)*x.Stride+x.Cols-1]
		squaresFours(fours, whole/4, &x.Data[0], x.Stride, &shift[0], &scale[0], &into[0])
		addSquaresPlain(into[:whole], below(x, 4*fours), shift, scale)
	} else {
		whole = 0
	}
	if whole < len(into) && x.Rows > 0 {
		x.Data = x.Data[whole:]
		addSquaresPlain(into[whole:], x, shift[whole:], scale[whole:])
	}
}

// dotsFours is Dots for 4*fours rows; fours > 0, cols > 0.
//
//go:noescape
func dotsFours(fours, cols int, x *float64, stride int, coef *float64, offset float64, dst *float64)

// addFours is AddRows for 4*fours rows; fours > 0, cols > 0.
//
//go:noescape
func addFours(fours, cols int, x *float64, stride int, factors, into *float64)

// boundsFours is Bounds for 4*fours rows and 4*vectors columns, both > 0.
//
//go:noescape
func boundsFours(fours, vectors int, x *float64, stride int, low, high *float64)

// squaresFours is AddSquares for 4*fours rows and 4*vectors columns, both > 0.
//
//go:noescape
func squaresFours(fours, vectors int, x *float64, stride int, shift, scale, into *float64)
