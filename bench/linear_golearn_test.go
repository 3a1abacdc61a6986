//go:build cgo

package bench_test

import (
	"testing"

	"github.com/sjwhitworth/golearn/linear_models"

	"github.com/gochimera/chimera/bench/shapes"
)

// BenchmarkLinearBesideGolearn fits least squares to 2,000 rows x 34 columns;
// golearn's time and memory grow with the square of the rows.
func BenchmarkLinearBesideGolearn(b *testing.B) {
	train := slice(shapes.Heart(1), 0, 2000)
	grid := numberGrid(b, train)
	m := fitted(b, "linear-regression", "", 1, train)
	compare(b, "golearn",
		func() error { return m.Fit(b.Context(), train) },
		func() error { return linear_models.NewLinearRegression().Fit(grid) })
}
