package mlp

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner"
)

// Initialisation says from which range a dense layer's first coefficients and
// intercepts are drawn, uniformly.
type Initialisation string

// The initialisations.
const (
	// Glorot is +-sqrt(6 / (in + out)), which keeps the sizes of values and of
	// gradients from layer to layer (Glorot and Bengio, "Understanding the
	// difficulty of training deep feedforward neural networks", 2010, equation
	// 16).
	Glorot Initialisation = "glorot"
	// He is +-sqrt(6 / in), which does so for values where an activation cuts
	// off half of them, as relu does (He, Zhang, Ren, Sun, "Delving Deep into
	// Rectifiers", 2015, equation 10).
	He Initialisation = "he"
	// GlorotLogistic is +-sqrt(2 / (in + out)), Glorot's with the logistic
	// function, whose values and slopes are smaller; a Perceptron takes it by
	// itself, as scikit-learn does.
	GlorotLogistic Initialisation = "glorot_logistic"
)

func (i Initialisation) bound(in, out int) float64 {
	switch i {
	case He:
		return math.Sqrt(6 / float64(in))
	case GlorotLogistic:
		return math.Sqrt(2 / (float64(in) + float64(out)))
	case Glorot:
	}
	return math.Sqrt(6 / (float64(in) + float64(out)))
}

// Dense is a fully connected layer: x coef + intercept, where coef is In x Out.
type Dense struct {
	In, Out int
	Start   Initialisation // Glorot if empty
}

// Spec describes the layer.
func (d Dense) Spec() Spec {
	return Spec{
		Name: "dense", In: d.In, Out: d.Out,
		Blocks: []learner.Block{{Name: "coef", Shape: []int{d.In, d.Out}, Penalised: true}, {Name: "intercept", Shape: []int{d.Out}}},
		Cost:   3 * float64(d.In) * float64(d.Out),
	}
}

// Init draws the coefficients, then the intercepts.
func (d Dense) Init(seed uint64, params []float64) {
	rng := learner.NewRand(seed)
	bound := d.Start.bound(d.In, d.Out)
	for i := range params {
		params[i] = bound * (2*rng.Float64() - 1)
	}
}

func (d Dense) coef(params []float64) blas64.General {
	return blas64.General{Rows: d.In, Cols: d.Out, Stride: d.Out, Data: params[:d.In*d.Out]}
}

// Forward computes x coef + intercept.
func (d Dense) Forward(p *Pass, params []float64) {
	intercept := params[d.In*d.Out:]
	rows, _ := p.Out.Dims()
	for i := range rows {
		copy(p.Out.RawRowView(i), intercept)
	}
	p.mul(p.Out.RawMatrix(), kernel.Of(p.X.RawMatrix()), kernel.Of(d.coef(params)), true)
}

// Backward is the chain rule.
func (d Dense) Backward(p *Pass, params, grad []float64) {
	p.mul(d.coef(grad), kernel.T(p.X.RawMatrix()), kernel.Of(p.DOut.RawMatrix()), !p.fresh)
	intercept := grad[d.In*d.Out:]
	if p.fresh {
		clear(intercept)
	}
	rows, _ := p.DOut.Dims()
	for i := range rows {
		floats.Add(intercept, p.DOut.RawRowView(i))
	}
	if p.DX != nil {
		p.mul(p.DX.RawMatrix(), kernel.Of(p.DOut.RawMatrix()), kernel.T(d.coef(params)), false)
	}
}

var _ Layer = Dense{}
