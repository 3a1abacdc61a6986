package bench_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/gochimera/chimera/bench/epoch"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/registry"
)

// BenchmarkMLPEpoch trains for one epoch of mini-batches of 128 rows, with adam;
// beside it, the same epoch's matrix products alone, by gonum on as many threads. float32 is
// with the products of training in single precision; gonum's are in double.
// openblas/ has it beside OpenBLAS.
func BenchmarkMLPEpoch(b *testing.B) {
	digits, _ := testdata.Load(b, "digits")
	images := epoch.Images(20_000)
	for _, c := range []struct {
		name, work, precision string
		data                  learner.Dataset
		sizes                 []int
	}{
		{"digits", "mlp_epoch_digits", "float64", digits, []int{64, 64, 32, 10}},
		{"20000x784", "mlp_epoch_20000x784", "float64", images, []int{epoch.Pixels, 256, 128, 10}},
		{"20000x784-float32", "mlp_epoch_20000x784", "float32", images, []int{epoch.Pixels, 256, 128, 10}},
	} {
		b.Run(c.name, func(b *testing.B) {
			procs := runtime.GOMAXPROCS(0)
			params := fmt.Sprintf(`{"hidden_layer_sizes": [%d, %d], "batch_size": 128, "max_iter": 1, "precision": %q}`, c.sizes[1], c.sizes[2], c.precision)
			m, err := registry.New("mlp-classifier", []byte(params), learner.Env{Seed: 1, Procs: procs})
			if err != nil {
				b.Fatal(err)
			}
			took := compare(b, "gonum-products",
				func() error { return m.Fit(b.Context(), c.data) },
				epoch.Products(c.data, c.sizes, 128))
			besidePeers(b, c.work, took)
		})
	}
}
