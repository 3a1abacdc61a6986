// Package conv is a layer of your own, a convolution, and a network with it:
// "convolution-classifier". The layer is a function with its gradient; training,
// the parameter server, the pipeline and snapshots follow from that.
package conv

import (
	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/mlp"
)

// Convolution slides filters along a row of values and adds up, at each place,
// what lies under the filter times the filter's weights:
//
//	out[f, s] = bias[f] + the sum over k of weight[f, k] * x[s+k]
//
// All places share a filter's weights (LeCun et al., "Backpropagation Applied to
// Handwritten Zip Code Recognition", 1989).
type Convolution struct{ In, Filters, Kernel int }

// places is at how many places a filter is applied.
func (c Convolution) places() int { return c.In - c.Kernel + 1 }

// Spec describes the layer: its size, its parameters, its cost.
func (c Convolution) Spec() mlp.Spec {
	return mlp.Spec{
		Name: "convolution", In: c.In, Out: c.Filters * c.places(),
		Blocks: []learner.Block{
			{Name: "weight", Shape: []int{c.Filters, c.Kernel}, Penalised: true},
			{Name: "bias", Shape: []int{c.Filters}},
		},
		Cost: 3 * float64(c.Filters*c.places()*c.Kernel),
	}
}

// Init draws the weights and leaves the biases at 0.
func (c Convolution) Init(seed uint64, params []float64) {
	rng := learner.NewRand(seed)
	weights, _ := c.split(params)
	for i := range weights {
		weights[i] = rng.NormFloat64() / float64(c.Kernel)
	}
}

// split is a vector like the parameters as its two blocks.
func (c Convolution) split(v []float64) (weights, bias []float64) {
	return v[:c.Filters*c.Kernel], v[c.Filters*c.Kernel:]
}

// Forward computes p.Out from p.X, row by row.
func (c Convolution) Forward(p *mlp.Pass, params []float64) {
	weights, bias := c.split(params)
	rows, _ := p.X.Dims()
	for i := range rows {
		x, out := p.X.RawRowView(i), p.Out.RawRowView(i)
		for f := range c.Filters {
			filter, to := weights[f*c.Kernel:(f+1)*c.Kernel], out[f*c.places():(f+1)*c.places()]
			for s := range to {
				to[s] = bias[f]
			}
			for k, w := range filter {
				floats.AddScaled(to, w, x[k:k+c.places()])
			}
		}
	}
}

// Backward is the chain rule: it adds to the gradient by the parameters and
// fills p.DX, if somebody wants that.
func (c Convolution) Backward(p *mlp.Pass, params, grad []float64) {
	weights, _ := c.split(params)
	dWeights, dBias := c.split(grad)
	rows, _ := p.X.Dims()
	for i := range rows {
		x, dOut := p.X.RawRowView(i), p.DOut.RawRowView(i)
		for f := range c.Filters {
			d := dOut[f*c.places() : (f+1)*c.places()]
			dBias[f] += floats.Sum(d)
			for k := range c.Kernel {
				dWeights[f*c.Kernel+k] += floats.Dot(d, x[k:k+c.places()])
			}
		}
		if p.DX == nil {
			continue
		}
		dx := p.DX.RawRowView(i)
		clear(dx)
		for f := range c.Filters {
			for k, w := range weights[f*c.Kernel : (f+1)*c.Kernel] {
				floats.AddScaled(dx[k:k+c.places()], w, dOut[f*c.places():(f+1)*c.places()])
			}
		}
	}
}

var _ mlp.Layer = Convolution{}
