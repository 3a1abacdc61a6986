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
// beside it, the same epoch's matrix products alone, by gonum on as many threads.
// openblas/ has it beside OpenBLAS.
func BenchmarkMLPEpoch(b *testing.B) {
	digits, _ := testdata.Load(b, "digits")
	for _, c := range []struct {
		name  string
		data  learner.Dataset
		sizes []int
	}{{"digits", digits, []int{64, 64, 32, 10}}, {"20000x784", epoch.Images(20_000), []int{epoch.Pixels, 256, 128, 10}}} {
		b.Run(c.name, func(b *testing.B) {
			procs := runtime.GOMAXPROCS(0)
			params := fmt.Sprintf(`{"hidden_layer_sizes": [%d, %d], "batch_size": 128, "max_iter": 1}`, c.sizes[1], c.sizes[2])
			m, err := registry.New("mlp-classifier", []byte(params), learner.Env{Seed: 1, Procs: procs})
			if err != nil {
				b.Fatal(err)
			}
			took := compare(b, "gonum-products",
				func() error { return m.Fit(b.Context(), c.data) },
				epoch.Products(c.data, c.sizes, 128))
			besidePeers(b, "mlp_epoch_"+c.name, took)
		})
	}
}
