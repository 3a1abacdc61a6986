package forest_test

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// BenchmarkFit grows 24 trees on 190,260 rows x 21 columns.
func BenchmarkFit(b *testing.B) {
	d := shapes.Diabetes(1)
	for _, name := range []string{"forest-classifier", "extra-trees-classifier"} {
		for _, procs := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/procs=%d", name, procs), func(b *testing.B) {
				for b.Loop() {
					m, err := registry.New(name, []byte(`{"n_estimators": 24}`), learner.Env{Procs: procs})
					if err != nil {
						b.Fatal(err)
					}
					if err := m.Fit(b.Context(), d); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkPredict asks a hundred trees about 10,000 rows x 21 columns.
func BenchmarkPredict(b *testing.B) {
	d := shapes.Diabetes(1)
	x := mat.DenseCopyOf(shapes.Diabetes(2).X.Slice(0, 10_000, 0, len(d.Features)))
	d.X, d.Y = mat.DenseCopyOf(d.X.Slice(0, 20_000, 0, len(d.Features))), d.Y[:20_000]
	for _, procs := range []int{1, 2} {
		b.Run(fmt.Sprintf("procs=%d", procs), func(b *testing.B) {
			m, err := registry.New("forest-classifier", nil, learner.Env{Procs: procs})
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Fit(b.Context(), d); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := m.Predict(b.Context(), x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
