package mlp

import (
	"fmt"
	"math"
	"strings"

	"github.com/gochimera/chimera/internal/kernel"
)

// The activations.
const (
	ReLU     = "relu"
	Tanh     = "tanh"
	Logistic = "logistic"
	GELU     = "gelu"
	Identity = "identity"
)

// activation applies a function to each value. It has no parameters.
type activation struct {
	name     string
	size     int
	function function
}

// function is an activation for a row of values, and its chain rule:
// dx = dOut * f'(x), where out = f(x).
type function struct {
	forward  func(out, x []float64)
	backward func(dx, dOut, out, x []float64)
}

// NewActivation is the layer that applies the named function to each of size
// values: relu, max(0, x); tanh; logistic, 1 / (1 + exp(-x)); gelu, x times the
// normal distribution function (Hendrycks and Gimpel, "Gaussian Error Linear
// Units", 2016); identity.
func NewActivation(name string, size int) (Layer, error) {
	f, ok := map[string]function{
		ReLU: {kernel.Rectify, func(dx, dOut, out, _ []float64) { kernel.RectifyBack(dx, dOut, out) }},
		Tanh: each(math.Tanh, func(_, out float64) float64 { return 1 - out*out }),
		Logistic: each(
			func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
			func(_, out float64) float64 { return out * (1 - out) }),
		GELU: each(
			func(x float64) float64 { return x * normal(x) },
			func(x, _ float64) float64 { return normal(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi) }),
		Identity: each(
			func(x float64) float64 { return x },
			func(_, _ float64) float64 { return 1 }),
	}[name]
	if !ok {
		return nil, fmt.Errorf("unknown activation %q: want one of %s", name, strings.Join([]string{ReLU, Tanh, Logistic, GELU, Identity}, ", "))
	}
	return activation{name: name, size: size, function: f}, nil
}

// normal is the distribution function of the standard normal distribution,
// exact in both tails.
func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// each makes a function of f and its derivative, which is given f's value too.
func each(f func(x float64) float64, derivative func(x, out float64) float64) function {
	return function{
		forward: func(out, x []float64) {
			for j, v := range x {
				out[j] = f(v)
			}
		},
		backward: func(dx, dOut, out, x []float64) {
			for j, v := range x {
				dx[j] = dOut[j] * derivative(v, out[j])
			}
		},
	}
}

// Spec describes the layer.
func (a activation) Spec() Spec {
	return Spec{Name: a.name, In: a.size, Out: a.size, Cost: 2 * float64(a.size)}
}

// Init has nothing to do.
func (a activation) Init(uint64, []float64) {}

// Forward applies the function.
func (a activation) Forward(p *Pass, _ []float64) {
	rows, _ := p.X.Dims()
	for i := range rows {
		a.function.forward(p.Out.RawRowView(i), p.X.RawRowView(i))
	}
}

// Backward applies the derivative.
func (a activation) Backward(p *Pass, _, _ []float64) {
	if p.DX == nil {
		return
	}
	rows, _ := p.X.Dims()
	for i := range rows {
		a.function.backward(p.DX.RawRowView(i), p.DOut.RawRowView(i), p.Out.RawRowView(i), p.X.RawRowView(i))
	}
}

var _ Layer = activation{}
