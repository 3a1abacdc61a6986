//go:build openblas

package openblas_test

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/netlib/blas/netlib"

	"github.com/gochimera/chimera/bench/epoch"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/mlp"
)

// with runs f while blas64 is what the given implementation makes it.
func with(implementation blas.Float64, f func() error) func() error {
	return func() error {
		blas64.Use(implementation)
		defer blas64.Use(gonum.Implementation{})
		return f()
	}
}

// BenchmarkMLPEpoch trains for one epoch of mini-batches of 128 rows, with adam:
// with our own products, and the same network with gonum's and with OpenBLAS'. Beside
// them the epoch's products alone, by gonum and by OpenBLAS. All of them take
// turns, so that what slows the machine slows all.
func BenchmarkMLPEpoch(b *testing.B) {
	digits, _ := testdata.Load(b, "digits")
	for _, c := range []struct {
		name  string
		data  learner.Dataset
		sizes []int
	}{{"digits", digits, []int{64, 64, 32, 10}}, {"20000x784", epoch.Images(20_000), []int{epoch.Pixels, 256, 128, 10}}} {
		b.Run(c.name, func(b *testing.B) {
			hidden := c.sizes[1:3]
			ours := classifier(b, mlp.Perceptron{HiddenLayerSizes: hidden, Activation: mlp.ReLU, Init: string(mlp.Glorot)})
			theirs := classifier(b, epoch.Network(hidden))
			fit := func(m *mlp.Classifier) func() error {
				return func() error { return m.Fit(b.Context(), c.data) }
			}
			products := epoch.Products(c.data, c.sizes, 128)
			turns(b, []turn{
				{"ours", fit(ours)},
				{"gonum", with(gonum.Implementation{}, fit(theirs))},
				{"openblas", with(netlib.Implementation{}, fit(theirs))},
				{"gonum-products", with(gonum.Implementation{}, products)},
				{"openblas-products", with(netlib.Implementation{}, products)},
			})
			if err := with(netlib.Implementation{}, fit(theirs))(); err != nil {
				b.Fatal(err)
			}
			if a, o := ours.LossCurve()[0], theirs.LossCurve()[0]; math.Abs(a-o) > 1e-9*a {
				b.Errorf("the epoch's mean loss is %v with our products, %v with OpenBLAS'", a, o)
			}
		})
	}
}

func classifier(b *testing.B, a mlp.Architecture) *mlp.Classifier {
	b.Helper()
	m, err := mlp.NewClassifier(a, mlp.Training{
		Solver: "adam", Alpha: 1e-4, LearningRate: "constant", LearningRateInit: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8,
		BatchSize: 128, MaxIter: 1, NIterNoChange: 10, Shuffle: true,
	}, learner.Env{Seed: 1, Procs: runtime.GOMAXPROCS(0)})
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// turn is one way of doing the work, the first of which is ours.
type turn struct {
	name string
	run  func() error
}

// turns reports the milliseconds of each, and ours over each of the others:
// medians, since one interruption would spoil a mean of so few.
func turns(b *testing.B, all []turn) {
	b.Helper()
	took := make([][]float64, len(all))
	for b.Loop() {
		for i, t := range all {
			start := time.Now()
			if err := t.run(); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(start).Seconds()*1000)
		}
	}
	for i, t := range all {
		slices.Sort(took[i])
		b.ReportMetric(median(took[i]), t.name+"-ms")
		if i > 0 {
			b.ReportMetric(median(took[0])/median(took[i]), "over-"+t.name)
		}
	}
	b.ReportMetric(0, "ns/op") // the sum of all says nothing
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[n/2] + sorted[(n-1)/2]) / 2
}
