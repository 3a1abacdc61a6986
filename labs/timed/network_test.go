package timed_test

import (
	"testing"
	"testing/synctest"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/labs/timed"
	"github.com/gochimera/chimera/learner/learnertest"
	"github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/learner/mlp/layertest"
)

// A layer waits for each row once forward and once back, its share of the time of all, and not when it predicts.
func TestLayersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		layers, err := timed.Params{Depth: 4, RowMS: 8, Size: 3}.Layers(2, 1)
		if err != nil || len(layers) != 4 {
			t.Fatal(layers, err)
		}
		in := 2
		for i, l := range layers {
			s := l.Spec()
			if s.In != in || s.Cost != 1 {
				t.Errorf("layer %d: %+v", i, s)
			}
			in = s.Out
			p := &mlp.Pass{Train: true, Procs: 1, X: mat.NewDense(5, s.In, nil), Out: mat.NewDense(5, s.Out, nil), DOut: mat.NewDense(5, s.Out, nil)}
			params := make([]float64, s.Parameters())
			began := time.Now()
			l.Forward(p, params)
			l.Backward(p, params, make([]float64, len(params)))
			if got := time.Since(began); got != 2*5*2*time.Millisecond {
				t.Errorf("layer %d waited %v, want 2 ms for each of 5 rows, there and back", i, got)
			}
			p.Train = false
			l.Forward(p, params)
			if got := time.Since(began); got != 20*time.Millisecond {
				t.Errorf("layer %d waits when it predicts", i)
			}
		}
		if in != 1 {
			t.Errorf("the last layer has %d outputs", in)
		}
	})
}

func TestGradient(t *testing.T) {
	layers, err := timed.Params{Depth: 2, Size: 3}.Layers(4, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		layertest.Run(t, l)
	}
}

func TestConformance(t *testing.T) {
	learnertest.Run(t, timed.Name, learnertest.WithParams(`{"depth": 2, "row_ms": 0, "learning_rate_init": 0.02, "max_iter": 60}`))
}
