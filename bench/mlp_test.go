package bench_test

import (
	"fmt"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/registry"
)

// images is rows x 784 values in [0, 1) and ten classes. No value is 0: gonum
// passes over zeros, and numpy and we do not.
func images(rows int) learner.Dataset {
	rng := learner.NewRand(3)
	d := learner.Dataset{X: mat.NewDense(rows, 784, nil), Y: make([]float64, rows)}
	d.Features = columnNames(784)
	for c := range 10 {
		d.Classes = append(d.Classes, learner.NumberLabel(float64(c)))
	}
	for i := range rows {
		d.Y[i] = float64(i % 10)
		for j := range 784 {
			d.X.Set(i, j, rng.Float64())
		}
	}
	return d
}

// products are the matrix products of one epoch by gonum alone: what a network
// of the given layer sizes cannot do without if it is trained with gonum.
func products(d learner.Dataset, sizes []int, batch int) func() error {
	random := func(rows, cols int) blas64.General {
		m := mat.NewDense(rows, cols, nil)
		for i := range rows {
			for j := range cols {
				m.Set(i, j, float64((i*31+j*17)%13)/13-0.5)
			}
		}
		return m.RawMatrix()
	}
	n := d.Len()
	values := []blas64.General{{}}
	var weights []blas64.General
	for i := 1; i < len(sizes); i++ {
		values = append(values, random(batch, sizes[i]))
		weights = append(weights, random(sizes[i-1], sizes[i]))
	}
	return func() error {
		for from := 0; from+batch <= n; from += batch {
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

// BenchmarkMLPEpoch trains for one epoch of mini-batches of 128 rows, with adam;
// beside it, the same epoch's matrix products alone, by gonum on as many threads.
func BenchmarkMLPEpoch(b *testing.B) {
	digits, _ := testdata.Load(b, "digits")
	for _, c := range []struct {
		name  string
		data  learner.Dataset
		sizes []int
	}{{"digits", digits, []int{64, 64, 32, 10}}, {"20000x784", images(20_000), []int{784, 256, 128, 10}}} {
		b.Run(c.name, func(b *testing.B) {
			procs := runtime.GOMAXPROCS(0)
			params := fmt.Sprintf(`{"hidden_layer_sizes": [%d, %d], "batch_size": 128, "max_iter": 1}`, c.sizes[1], c.sizes[2])
			m, err := registry.New("mlp-classifier", []byte(params), learner.Env{Seed: 1, Procs: procs})
			if err != nil {
				b.Fatal(err)
			}
			took := compare(b, "gonum-products",
				func() error { return m.Fit(b.Context(), c.data) },
				products(c.data, c.sizes, 128))
			besidePeers(b, "mlp_epoch_"+c.name, took)
		})
	}
}
