package mlp_test

import (
	"fmt"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/learnertest"
	"github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/learner/mlp/layertest"
	"github.com/gochimera/chimera/registry"
)

// convolution slides filters along a row of values, as a user's own layer may:
// out[f, s] = bias[f] + the sum over k of kernel[f, k] * x[s+k].
type convolution struct{ length, kernel, filters int }

func (c convolution) steps() int { return c.length - c.kernel + 1 }

func (c convolution) Spec() mlp.Spec {
	return mlp.Spec{
		Name: "convolution", In: c.length, Out: c.filters * c.steps(),
		Blocks: []learner.Block{{Name: "kernel", Shape: []int{c.filters, c.kernel}, Penalised: true}, {Name: "bias", Shape: []int{c.filters}}},
		Cost:   float64(3 * c.filters * c.steps() * c.kernel),
	}
}

func (c convolution) Init(seed uint64, params []float64) {
	rng := learner.NewRand(seed)
	for i := range params[:c.filters*c.kernel] {
		params[i] = rng.NormFloat64() / float64(c.kernel)
	}
}

func (c convolution) Forward(p *mlp.Pass, params []float64) {
	rows, _ := p.X.Dims()
	for i := range rows {
		x, out := p.X.RawRowView(i), p.Out.RawRowView(i)
		for f := range c.filters {
			kernel := params[f*c.kernel : (f+1)*c.kernel]
			for s := range c.steps() {
				v := params[c.filters*c.kernel+f]
				for k, w := range kernel {
					v += w * x[s+k]
				}
				out[f*c.steps()+s] = v
			}
		}
	}
}

func (c convolution) Backward(p *mlp.Pass, params, grad []float64) {
	rows, _ := p.X.Dims()
	for i := range rows {
		x, dOut := p.X.RawRowView(i), p.DOut.RawRowView(i)
		var dx []float64
		if p.DX != nil {
			dx = p.DX.RawRowView(i)
			clear(dx)
		}
		for f := range c.filters {
			for s := range c.steps() {
				d := dOut[f*c.steps()+s]
				grad[c.filters*c.kernel+f] += d
				for k := range c.kernel {
					grad[f*c.kernel+k] += d * x[s+k]
					if dx != nil {
						dx[s+k] += d * params[f*c.kernel+k]
					}
				}
			}
		}
	}
}

func TestConvolution(t *testing.T) {
	layertest.Run(t, convolution{length: 9, kernel: 3, filters: 4})
}

// convolutional is a learner's parameters: its own, and those of training.
type convolutional struct {
	Filters int `json:"filters" default:"6" validate:"gte=1" doc:"filters of the convolution"`
	mlp.Training
}

// Layers makes it an architecture.
func (c convolutional) Layers(in, out int) ([]mlp.Layer, error) {
	first := convolution{length: in, kernel: min(3, in), filters: c.Filters}
	size := first.Spec().Out
	activation, err := mlp.NewActivation(mlp.ReLU, size)
	if err != nil {
		return nil, err
	}
	return []mlp.Layer{first, activation, mlp.Dense{In: size, Out: out}}, nil
}

// ownRegistry has a learner with a layer that this package does not know.
func ownRegistry() *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "convolution-classifier", registry.Entry[convolutional, *mlp.Classifier]{
		Task: learner.Classification, Summary: "A convolution along the features.", Traits: learner.Traits{SamplesRows: true},
		New: func(p convolutional, env learner.Env) (*mlp.Classifier, error) {
			return mlp.NewClassifier(p, p.Training, env)
		},
	})
	return r
}

// TestOwnLayer: a network with a user's layer is a learner like any other.
func TestOwnLayer(t *testing.T) {
	learnertest.Run(t, "convolution-classifier", learnertest.WithRegistry(ownRegistry()),
		learnertest.WithParams(`{"learning_rate_init": 0.02, "max_iter": 60}`))
}

// bad is an architecture that does not fit together.
type bad func(in, out int) ([]mlp.Layer, error)

func (b bad) Layers(in, out int) ([]mlp.Layer, error) { return b(in, out) }

func TestArchitectureRefused(t *testing.T) {
	training := mlp.Training{Solver: "sgd", LearningRateInit: 0.1, LearningRate: "constant", BatchSize: 10, MaxIter: 1, NIterNoChange: 1}
	for name, a := range map[string]bad{
		"no layers":           func(int, int) ([]mlp.Layer, error) { return nil, nil },
		"another width":       func(in, out int) ([]mlp.Layer, error) { return []mlp.Layer{mlp.Dense{In: in + 1, Out: out}}, nil },
		"another output":      func(in, out int) ([]mlp.Layer, error) { return []mlp.Layer{mlp.Dense{In: in, Out: out + 1}}, nil },
		"no units":            func(in, _ int) ([]mlp.Layer, error) { return []mlp.Layer{mlp.LayerNorm{}, mlp.Dense{In: in}}, nil },
		"its own error":       func(int, int) ([]mlp.Layer, error) { return nil, fmt.Errorf("the rows are too short") },
		"a kernel too large":  func(in, _ int) ([]mlp.Layer, error) { return []mlp.Layer{convolution{in, in + 1, 1}}, nil },
		"a kernel of nothing": func(in, _ int) ([]mlp.Layer, error) { return []mlp.Layer{convolution{in, 0, 1}}, nil },
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
