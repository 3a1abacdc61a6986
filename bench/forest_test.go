package bench_test

import (
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/forest"
)

// BenchmarkForest grows eight trees on two threads: to 190,260 rows x 21 columns
// for two classes, and to 50,000 rows x 34 continuous columns for regression.
// One peer is the same on one thread. The other is two forests of four trees
// grown at once, a thread each: what two threads can do, also on a machine that
// has no two cores to spare. Each prepares the data for itself, so the ratio
// may be below 1.
func BenchmarkForest(b *testing.B) {
	for _, c := range []struct {
		name, work string
		data       learner.Dataset
	}{
		{"forest-classifier", "forest_classifier_diabetes", shapes.Diabetes(1)},
		{"forest-regressor", "forest_regressor_heart", slice(shapes.Heart(1), 0, 50_000)},
	} {
		ours := fitted(b, c.name, `{"n_estimators": 8}`, 2, c.data)
		fit := func() error { return ours.Fit(b.Context(), c.data) }
		b.Run(c.name+"/one-thread", func(b *testing.B) {
			one := fitted(b, c.name, `{"n_estimators": 8}`, 1, c.data)
			took := compare(b, "one-thread", fit, func() error { return one.Fit(b.Context(), c.data) })
			besidePeers(b, c.work, took)
		})
		b.Run(c.name+"/halves-at-once", func(b *testing.B) {
			halves := []learner.Estimator{fitted(b, c.name, `{"n_estimators": 4}`, 1, c.data), fitted(b, c.name, `{"n_estimators": 4}`, 1, c.data)}
			compare(b, "halves-at-once", fit, func() error {
				var both errgroup.Group
				for _, half := range halves {
					both.Go(func() error { return half.Fit(b.Context(), c.data) })
				}
				return both.Wait()
			})
		})
	}
}
