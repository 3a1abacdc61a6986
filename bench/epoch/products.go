package epoch

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// Products are the matrix products of one epoch by blas64, and nothing else:
// what a network of the given layer sizes cannot do without. Sizes begin with
// the columns of d and end with its classes.
func Products(d learner.Dataset, sizes []int, batch int) func() error {
	values := []blas64.General{{}}
	var weights []blas64.General
	for i := 1; i < len(sizes); i++ {
		values = append(values, spread(batch, sizes[i]))
		weights = append(weights, spread(sizes[i-1], sizes[i]))
	}
	return func() error {
		for from := 0; from+batch <= d.Len(); from += batch {
			values[0] = d.X.Slice(from, from+batch, 0, sizes[0]).(*mat.Dense).RawMatrix()
			for i, w := range weights {
				blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, values[i], w, 0, values[i+1])
			}
			for i := len(weights) - 1; i >= 0; i-- {
				blas64.Gemm(blas.Trans, blas.NoTrans, 1e-9, values[i], values[i+1], 1, weights[i])
				if i > 0 {
					blas64.Gemm(blas.NoTrans, blas.Trans, 1, values[i+1], weights[i], 0, values[i])
				}
			}
		}
		return nil
	}
}

// spread is a matrix of values within (-0.5, 0.5).
func spread(rows, cols int) blas64.General {
	m := mat.NewDense(rows, cols, nil)
	for i := range rows {
		for j := range cols {
			m.Set(i, j, float64((i*31+j*17)%13)/13-0.5)
		}
	}
	return m.RawMatrix()
}
