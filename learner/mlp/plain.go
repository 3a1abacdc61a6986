package mlp

import (
	"fmt"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// Plain is a Layer that can say what it computes in prediction in the words of learner.NetworkLayer, so that a network made
// of such layers can be written for other programs.
type Plain interface {
	Layer
	// Plain says what the layer computes with these parameters; In, Out and Name are filled in by the network.
	Plain(params []float64) (learner.LayerKind, [][]float64)
}

// Network is the fitted network as plain arrays; nil before Fit. A layer that is not Plain is an error.
func (m *model) Network() (*learner.Network, error) {
	if !m.fitted {
		return nil, nil
	}
	n := &learner.Network{Link: learner.IdentityLink}
	if m.task == learner.Classification {
		n.Link = learner.SoftmaxLink
	}
	for i, l := range m.net.layers {
		s := m.net.specs[i]
		if one, ok := l.(logit); ok {
			l, s.Out, n.Link = one.Layer, 1, learner.LogisticLink
		}
		plain, ok := l.(Plain)
		if !ok {
			return nil, fmt.Errorf("%w: layer %s (%T) does not say what it computes: it would have to be a mlp.Plain", learner.ErrNotPlain, s.Name, l)
		}
		layer := learner.NetworkLayer{Name: s.Name, In: s.In, Out: s.Out}
		layer.Kind, layer.Params = plain.Plain(m.net.part(m.net.params, i))
		for k := range layer.Params {
			layer.Params[k] = slices.Clone(layer.Params[k])
		}
		n.Layers = append(n.Layers, layer)
	}
	return n, nil
}

// Plain is the coefficients and the intercepts.
func (d Dense) Plain(params []float64) (learner.LayerKind, [][]float64) {
	return learner.DenseLayer, [][]float64{params[:d.In*d.Out], params[d.In*d.Out:]}
}

// Plain is the gains, the biases and what is added to the variance.
func (l LayerNorm) Plain(params []float64) (learner.LayerKind, [][]float64) {
	return learner.NormLayer, [][]float64{params[:l.Size], params[l.Size:], {normEpsilon}}
}

// Plain is the function.
func (a activation) Plain([]float64) (learner.LayerKind, [][]float64) {
	return map[string]learner.LayerKind{
		ReLU: learner.ReLULayer, Tanh: learner.TanhLayer, Logistic: learner.LogisticLayer, GELU: learner.GELULayer, Identity: learner.IdentityLayer,
	}[a.name], nil
}

// Plain is nothing: values are dropped in training only.
func (dropout) Plain([]float64) (learner.LayerKind, [][]float64) { return learner.IdentityLayer, nil }

var (
	_ Plain             = Dense{}
	_ Plain             = LayerNorm{}
	_ Plain             = activation{}
	_ Plain             = dropout{}
	_ learner.Networker = (*Classifier)(nil)
	_ learner.Networker = (*Regressor)(nil)
)
