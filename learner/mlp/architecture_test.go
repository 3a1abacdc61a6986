package mlp_test

import (
	"errors"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/mlp"
)

// A network with a layer of your own is a learner like any other:
// examples/convolution has one, held to the contract.

// bad is an architecture that does not fit together.
type bad func(in, out int) ([]mlp.Layer, error)

func (b bad) Layers(in, out int) ([]mlp.Layer, error) { return b(in, out) }

// shaped is a dense layer that says something else of its parameters.
type shaped struct {
	mlp.Dense
	shape []int
}

func (s shaped) Spec() mlp.Spec {
	spec := s.Dense.Spec()
	spec.Blocks[0].Shape = s.shape
	return spec
}

func TestArchitectureRefused(t *testing.T) {
	training := mlp.Training{Solver: "sgd", LearningRateInit: 0.1, LearningRate: "constant", BatchSize: 10, MaxIter: 1, NIterNoChange: 1}
	for name, a := range map[string]bad{
		"no layers":      func(int, int) ([]mlp.Layer, error) { return nil, nil },
		"another width":  func(in, out int) ([]mlp.Layer, error) { return []mlp.Layer{mlp.Dense{In: in + 1, Out: out}}, nil },
		"another output": func(in, out int) ([]mlp.Layer, error) { return []mlp.Layer{mlp.Dense{In: in, Out: out + 1}}, nil },
		"no units":       func(in, _ int) ([]mlp.Layer, error) { return []mlp.Layer{mlp.LayerNorm{}, mlp.Dense{In: in}}, nil },
		"its own error":  func(int, int) ([]mlp.Layer, error) { return nil, errors.New("the rows are too short") },
		"a block of nothing": func(in, out int) ([]mlp.Layer, error) {
			return []mlp.Layer{shaped{mlp.Dense{In: in, Out: out}, []int{in, 0}}}, nil
		},
		"a block of less than nothing": func(in, out int) ([]mlp.Layer, error) {
			return []mlp.Layer{shaped{mlp.Dense{In: in, Out: out}, []int{-1, -2}}}, nil
		},
		"a block too large": func(in, out int) ([]mlp.Layer, error) {
			return []mlp.Layer{shaped{mlp.Dense{In: in, Out: out}, []int{1 << 30, 1 << 30}}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := mlp.NewClassifier(a, training, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			d := spirals(10, 0, 1)
			if err := m.Fit(t.Context(), d); err == nil {
				t.Error("Fit: no error")
			}
			if _, err := m.Init(d.Schema); err == nil {
				t.Error("Init: no error")
			}
		})
	}
}
