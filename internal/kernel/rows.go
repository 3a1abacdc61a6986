package kernel

import "gonum.org/v1/gonum/blas/blas64"

// Dots writes offset plus the product of coef with each row of x into dst, one
// for each row. The product is of four partial sums, of every fourth column each.
// Lengths that differ are a programmer's mistake and panic.
func Dots(dst []float64, x blas64.General, coef []float64, offset float64) {
	sameLength(len(dst), x.Rows)
	sameLength(len(coef), x.Cols)
	if avx2() {
		dotsAVX2(dst, x, coef, offset)
	} else {
		dotsPlain(dst, x, coef, offset)
	}
}

func dotsPlain(dst []float64, x blas64.General, coef []float64, offset float64) {
	for i := range dst {
		row, c := x.Data[i*x.Stride:][:len(coef)], coef
		var s0, s1, s2, s3 float64
		for ; len(row) >= 4 && len(c) >= 4; row, c = row[4:], c[4:] {
			s0 += float64(row[0] * c[0])
			s1 += float64(row[1] * c[1])
			s2 += float64(row[2] * c[2])
			s3 += float64(row[3] * c[3])
		}
		if len(c) > 0 {
			s0 += float64(row[0] * c[0])
		}
		if len(c) > 1 {
			s1 += float64(row[1] * c[1])
		}
		if len(c) > 2 {
			s2 += float64(row[2] * c[2])
		}
		dst[i] = (s0 + s1) + (s2 + s3) + offset
	}
}

// AddRows adds each row of x times its factor to into, row by row. Lengths
// that differ are a programmer's mistake and panic.
func AddRows(into []float64, x blas64.General, factors []float64) {
	sameLength(len(into), x.Cols)
	sameLength(len(factors), x.Rows)
	if avx2() {
		addRowsAVX2(into, x, factors)
	} else {
		addRowsPlain(into, x, factors)
	}
}

func addRowsPlain(into []float64, x blas64.General, factors []float64) {
	for i, factor := range factors {
		for j, v := range x.Data[i*x.Stride:][:len(into)] {
			into[j] += float64(factor * v)
		}
	}
}

// Bounds lowers low and raises high, column by column, to the least and the
// largest value of x, none of which is NaN. Lengths that differ are a programmer's mistake and
// panic.
func Bounds(low, high []float64, x blas64.General) {
	sameLength(x.Cols, len(low), len(high))
	if avx2() {
		boundsAVX2(low, high, x)
	} else {
		boundsPlain(low, high, x)
	}
}

func boundsPlain(low, high []float64, x blas64.General) {
	for i := range x.Rows {
		for j, v := range x.Data[i*x.Stride:][:len(low)] {
			if v < low[j] {
				low[j] = v
			}
			if v > high[j] {
				high[j] = v
			}
		}
	}
}

// AddSquares adds ((v - shift) scale)^2 of each value v of x to its column's sum in
// into, row by row. Lengths that differ are a programmer's mistake and panic.
func AddSquares(into []float64, x blas64.General, shift, scale []float64) {
	sameLength(x.Cols, len(into), len(shift), len(scale))
	if avx2() {
		addSquaresAVX2(into, x, shift, scale)
	} else {
		addSquaresPlain(into, x, shift, scale)
	}
}

func addSquaresPlain(into []float64, x blas64.General, shift, scale []float64) {
	for i := range x.Rows {
		for j, v := range x.Data[i*x.Stride:][:len(into)] {
			z := float64((v - shift[j]) * scale[j])
			into[j] += float64(z * z)
		}
	}
}

// below is the rows of x from the given one on.
func below(x blas64.General, row int) blas64.General {
	x.Rows -= row
	x.Data = x.Data[min(row*x.Stride, len(x.Data)):]
	return x
}
