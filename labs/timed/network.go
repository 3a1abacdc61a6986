// Package timed has a learner whose layers take a time that is known: they wait. With it a lab sees what a schedule costs as if every
// worker had a processor of its own, on a machine that has fewer.
//
// The room imports registry, learner and its perceptrons.
package timed

import (
	"time"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/registry"
)

// Name is the learner's name.
const Name = "timed-network"

func init() {
	registry.Register(Name, registry.Entry[Params, *mlp.Regressor]{
		Task: learner.Regression, Summary: "Network of equal layers that take a known time for each row, for labs.", Reference: "none: it is made for labs",
		Traits: learner.Traits{SamplesRows: true, NonNegativeLoss: true},
		New: func(p Params, env learner.Env) (*mlp.Regressor, error) {
			return mlp.NewRegressor(p, p.Training, mlp.RegressionLoss{Loss: mlp.SquaredError}, env)
		},
	})
}

// Params are the parameters of the network.
type Params struct {
	Depth int     `json:"depth" default:"4" validate:"gte=1,lte=64" doc:"number of layers"`
	RowMS float64 `json:"row_ms" default:"1" validate:"gte=0,lte=1000" doc:"milliseconds that all layers together wait for a row, and again for its gradient"`
	Size  int     `json:"layer_size" default:"4" validate:"gte=1,lte=4096" doc:"outputs of each layer but the last, which has one"`
	mlp.Training
}

// Layers lists the layers.
func (p Params) Layers(in, out int) ([]mlp.Layer, error) {
	each := time.Duration(p.RowMS / float64(p.Depth) * float64(time.Millisecond))
	layers := make([]mlp.Layer, p.Depth)
	for i := range layers {
		size := p.Size
		if i == p.Depth-1 {
			size = out
		}
		layers[i] = layer{mlp.Dense{In: in, Out: size}, each}
		in = size
	}
	return layers, nil
}

// layer is a dense layer that waits for each row, before it is computed and before its gradient is.
type layer struct {
	mlp.Dense
	row time.Duration
}

// Spec describes the layer; its cost is that of every other.
func (l layer) Spec() mlp.Spec {
	s := l.Dense.Spec()
	s.Cost = 1
	return s
}

// Forward waits and computes.
func (l layer) Forward(p *mlp.Pass, params []float64) {
	l.wait(p)
	l.Dense.Forward(p, params)
}

// Backward waits and computes.
func (l layer) Backward(p *mlp.Pass, params, grad []float64) {
	l.wait(p)
	l.Dense.Backward(p, params, grad)
}

func (l layer) wait(p *mlp.Pass) {
	if !p.Train {
		return
	}
	n, _ := p.X.Dims()
	time.Sleep(time.Duration(n) * l.row)
}
