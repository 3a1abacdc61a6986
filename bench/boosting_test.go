package bench_test

import (
	"fmt"
	"testing"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/boosting"
	"github.com/gochimera/chimera/registry"
)

// BenchmarkBoosting fits 100 trees of 31 leaves, which are the defaults, to all rows of each shape.
func BenchmarkBoosting(b *testing.B) {
	for _, s := range []struct {
		shape, learner string
		data           func(seed uint64) learner.Dataset
	}{
		{"diabetes", "boosting-classifier", shapes.Diabetes},
		{"heart", "boosting-regressor", shapes.Heart},
	} {
		d := s.data(1)
		for _, procs := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/procs=%d", s.shape, procs), func(b *testing.B) {
				m, err := registry.New(s.learner, []byte(`{}`), learner.Env{Procs: procs})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := m.Fit(b.Context(), d); err != nil {
						b.Fatal(err)
					}
				}
				besidePeers(b, "boosting_"+s.shape, perRun(b))
			})
		}
	}
}
