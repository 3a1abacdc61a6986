package mlp

import (
	"math"

	"github.com/gochimera/chimera/learner"
)

// normEpsilon is added to the variance, which may be 0.
const normEpsilon = 1e-5

// LayerNorm brings each row to mean 0 and variance 1 over its Size values,
// then multiplies each by a gain, which begins at 1, and adds a bias (Ba, Kiros,
// Hinton, "Layer Normalization", 2016, equation 4).
type LayerNorm struct{ Size int }

// Spec describes the layer.
func (l LayerNorm) Spec() Spec {
	return Spec{
		Name: "layer_norm", In: l.Size, Out: l.Size,
		Blocks: []learner.Block{{Name: "gain", Shape: []int{l.Size}}, {Name: "bias", Shape: []int{l.Size}}},
		Cost:   12 * float64(l.Size),
	}
}

// Init sets the gains to 1.
func (l LayerNorm) Init(_ uint64, params []float64) {
	for i := range params[:l.Size] {
		params[i] = 1
	}
}

// moments are a row's mean and the reciprocal of its standard deviation. It
// adds in order; gonum's sum depends on where the row lies in memory.
func (l LayerNorm) moments(x []float64) (mean, inverse float64) {
	n := float64(l.Size)
	var sum, squares float64
	for _, v := range x {
		sum += v
	}
	mean = sum / n
	for _, v := range x {
		squares += (v - mean) * (v - mean)
	}
	return mean, 1 / math.Sqrt(squares/n+normEpsilon)
}

// Forward normalises.
func (l LayerNorm) Forward(p *Pass, params []float64) {
	gain, bias := params[:l.Size], params[l.Size:]
	rows, _ := p.X.Dims()
	for i := range rows {
		x, out := p.X.RawRowView(i), p.Out.RawRowView(i)
		mean, inverse := l.moments(x)
		for j, v := range x {
			out[j] = gain[j]*((v-mean)*inverse) + bias[j]
		}
	}
}

// Backward is the chain rule, through the mean and the variance too: with
// z the normalised row and g = dOut * gain, dx = (g - mean(g) - z mean(g z)) / deviation.
func (l LayerNorm) Backward(p *Pass, params, grad []float64) {
	gain := params[:l.Size]
	dGain, dBias := grad[:l.Size], grad[l.Size:]
	n := float64(l.Size)
	rows, _ := p.X.Dims()
	for i := range rows {
		x, dOut := p.X.RawRowView(i), p.DOut.RawRowView(i)
		mean, inverse := l.moments(x)
		var sum, product float64 // of g, and of g z
		for j, v := range x {
			z, g := (v-mean)*inverse, dOut[j]*gain[j]
			dGain[j] += dOut[j] * z
			dBias[j] += dOut[j]
			sum += g
			product += g * z
		}
		if p.DX == nil {
			continue
		}
		dx := p.DX.RawRowView(i)
		for j, v := range x {
			z, g := (v-mean)*inverse, dOut[j]*gain[j]
			dx[j] = inverse * (g - sum/n - z*(product/n))
		}
	}
}

var _ Layer = LayerNorm{}
