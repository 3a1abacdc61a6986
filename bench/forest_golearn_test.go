//go:build cgo

package bench_test

import (
	"runtime"
	"testing"

	"github.com/sjwhitworth/golearn/ensemble"

	"github.com/gochimera/chimera/bench/shapes"
)

// BenchmarkForestBesideGolearn grows ten trees on 2,000 rows x 21 columns, each
// split the best of all columns, on as many threads as there are.
func BenchmarkForestBesideGolearn(b *testing.B) {
	train := slice(shapes.Diabetes(1), 0, 2000)
	g := grid(b, train)
	ours := fitted(b, "forest-classifier", `{"n_estimators": 10, "max_features": "all"}`, runtime.GOMAXPROCS(0), train)
	compare(b, "golearn",
		func() error { return ours.Fit(b.Context(), train) },
		func() error { return ensemble.NewRandomForest(10, shapes.DiabetesColumns).Fit(g) })
}
