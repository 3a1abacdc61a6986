package epoch

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner/mlp"
)

// Network is the perceptron with the given hidden layers, the same as
// mlp-classifier's, but with its products computed by blas64.
type Network []int

// Layers lists the layers.
func (n Network) Layers(in, out int) ([]mlp.Layer, error) {
	var layers []mlp.Layer
	for _, size := range n {
		relu, err := mlp.NewActivation(mlp.ReLU, size)
		if err != nil {
			return nil, err
		}
		layers = append(layers, Dense{mlp.Dense{In: in, Out: size}}, relu)
		in = size
	}
	return append(layers, Dense{mlp.Dense{In: in, Out: out}}), nil
}

// Dense is mlp's dense layer but for who multiplies.
type Dense struct{ mlp.Dense }

func (d Dense) coef(params []float64) blas64.General {
	return blas64.General{Rows: d.In, Cols: d.Out, Stride: d.Out, Data: params[:d.In*d.Out]}
}

// Forward computes x coef + intercept.
func (d Dense) Forward(p *mlp.Pass, params []float64) {
	rows, _ := p.Out.Dims()
	for i := range rows {
		copy(p.Out.RawRowView(i), params[d.In*d.Out:])
	}
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, p.X.RawMatrix(), d.coef(params), 1, p.Out.RawMatrix())
}

// Backward is the chain rule.
func (d Dense) Backward(p *mlp.Pass, params, grad []float64) {
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, p.X.RawMatrix(), p.DOut.RawMatrix(), 1, d.coef(grad))
	rows, _ := p.DOut.Dims()
	for i := range rows {
		floats.Add(grad[d.In*d.Out:], p.DOut.RawRowView(i))
	}
	if p.DX != nil {
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, p.DOut.RawMatrix(), d.coef(params), 0, p.DX.RawMatrix())
	}
}

var (
	_ mlp.Layer        = Dense{}
	_ mlp.Architecture = Network(nil)
)
