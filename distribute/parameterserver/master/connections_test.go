package master_test

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/learner"
)

// Two hundred steps reuse their connections, whether their frames are small or large enough to be sent
// in parts.
func TestStepsKeepTheirConnections(t *testing.T) {
	wide := learner.Dataset{Y: []float64{1, 2, 3}}
	const features = 4000 // a frame of 32 KB
	steps := repeat.Times(200, 40)
	wide.X = mat.NewDense(3, features, nil)
	for j := range features {
		wide.X.Set(j%3, j, 1)
		wide.Features = append(wide.Features, fmt.Sprint("x", j))
	}
	for _, tt := range []struct {
		name   string
		shards []learner.Dataset
	}{
		{"small", mastertest.Split(mastertest.ToyRows(60, 0), 3)},
		{"large", []learner.Dataset{wide, wide}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := server{learner: "sgd-regressor", settings: fmt.Sprintf("max_iter: %d, n_iter_no_change: 0, eta0: 0.00001", steps)}.start(t, tt.shards...)
			fit := c.Fit()
			for i, w := range c.Workers {
				if n := w.Connections.Load(); n > 2 || fit.Workers[i].Steps != steps {
					t.Errorf("%s: %d connections for %d steps", w.Name, n, fit.Workers[i].Steps)
				}
			}
			if fit.Training.Stopped != api.StopMaxIter {
				t.Errorf("stopped by %s", fit.Training.Stopped)
			}
		})
	}
}
