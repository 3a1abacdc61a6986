package mlp

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// Architecture lists the layers of a network for rows of in features and with
// out outputs: one per class, but one alone for two classes, which is the
// second's logit, and one for regression. It allocates no parameters and
// gives the same layers each time.
type Architecture interface {
	Layers(in, out int) ([]Layer, error)
}

// Perceptron is the architecture of mlp-classifier and mlp-regressor. For each
// hidden layer: a dense layer, then, if asked for, normalisation, the
// activation, and, if asked for, dropout; at the end a dense layer.
type Perceptron struct {
	HiddenLayerSizes []int   `json:"hidden_layer_sizes" default:"[100]" validate:"dive,gte=1"`
	Activation       string  `json:"activation" default:"relu" validate:"oneof=relu tanh logistic gelu identity"`
	Init             string  `json:"init" default:"glorot" validate:"oneof=glorot he"`
	Dropout          float64 `json:"dropout" default:"0" validate:"gte=0,lt=1"`
	LayerNorm        bool    `json:"layer_norm" default:"false"`
}

// Layers lists the layers.
func (p Perceptron) Layers(in, out int) ([]Layer, error) {
	start := Initialisation(p.Init)
	if start != Glorot && start != He {
		return nil, &learner.ParamError{Param: "init", Reason: fmt.Sprintf("want %s or %s, got %q", Glorot, He, p.Init)}
	}
	last := Glorot
	if start == Glorot && p.Activation == Logistic {
		start, last = GlorotLogistic, GlorotLogistic
	}
	var layers []Layer
	for _, size := range p.HiddenLayerSizes {
		layers = append(layers, Dense{In: in, Out: size, Start: start})
		if p.LayerNorm {
			layers = append(layers, LayerNorm{Size: size})
		}
		activation, err := NewActivation(p.Activation, size)
		if err != nil {
			return nil, &learner.ParamError{Param: "activation", Reason: err.Error()}
		}
		if p.Activation != Identity {
			layers = append(layers, activation)
		}
		dropout, err := NewDropout(p.Dropout, size)
		if err != nil {
			return nil, &learner.ParamError{Param: "dropout", Reason: err.Error()}
		}
		if p.Dropout > 0 {
			layers = append(layers, dropout)
		}
		in = size
	}
	return append(layers, Dense{In: in, Out: out, Start: last}), nil
}

const (
	// maxUnits and maxParameters bound a network to what a machine can hold:
	// 2 GiB of parameters, and as much for each of the gradient and the
	// optimiser's vectors.
	maxUnits      = 1 << 24
	maxParameters = 1 << 28
)

// plan is a network without its parameters.
type plan struct {
	layers []Layer
	specs  []Spec // with names that are unique
}

// lay lists the layers of an architecture and checks that they fit. out is the
// number of classes, or 1; for two classes the last layer makes two scores of
// its one output.
func lay(a Architecture, in, out int) (plan, error) {
	outputs := out
	if out == 2 {
		outputs = 1
	}
	layers, err := a.Layers(in, outputs)
	if err != nil {
		return plan{}, err
	}
	if len(layers) == 0 {
		return plan{}, errors.New("the architecture has no layers")
	}
	if last := len(layers) - 1; out == 2 {
		if n := layers[last].Spec().Out; n != 1 {
			return plan{}, fmt.Errorf("the last layer has %d outputs, want 1: it is the logit of the second of two classes", n)
		}
		layers = slices.Clone(layers)
		layers[last] = logit{layers[last]}
	}
	p := plan{layers: layers}
	counts := map[string]int{}
	width, parameters := in, 0.0
	for _, l := range layers {
		s := l.Spec()
		counts[s.Name]++
		s.Name = fmt.Sprintf("%s_%d", s.Name, counts[s.Name])
		if s.In != width {
			return plan{}, fmt.Errorf("layer %s takes %d values, but is given %d", s.Name, s.In, width)
		}
		if s.Out < 1 || s.Out > maxUnits {
			return plan{}, fmt.Errorf("layer %s has %d units, want 1 to %d", s.Name, s.Out, maxUnits)
		}
		for _, b := range s.Blocks {
			values := 1.0 // exact: or too large anyway
			for _, d := range b.Shape {
				if d < 1 {
					return plan{}, fmt.Errorf("block %s of layer %s has shape %v", b.Name, s.Name, b.Shape)
				}
				values *= float64(d)
			}
			parameters += values
		}
		if parameters > maxParameters {
			return plan{}, fmt.Errorf("the network would have more than %d parameters; make its layers smaller", maxParameters)
		}
		p.specs = append(p.specs, s)
		width = s.Out
	}
	if width != out {
		return plan{}, fmt.Errorf("the last layer has %d outputs, want %d", width, out)
	}
	return p, nil
}

// describe lists the layers for a pipeline.
func (p plan) describe() []learner.LayerSpec {
	all := make([]learner.LayerSpec, len(p.specs))
	for i, s := range p.specs {
		all[i] = learner.LayerSpec{Name: s.Name, In: s.In, Out: s.Out, Parameters: s.Parameters(), Cost: s.Cost}
	}
	return all
}
