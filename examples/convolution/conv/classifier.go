package conv

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("convolution-classifier", registry.Entry[Params, *mlp.Classifier]{
		Task: learner.Classification, Summary: "A convolution along the features, then a dense layer.", Reference: "LeCun et al. 1989",
		Traits: learner.Traits{SamplesRows: true, NonNegativeLoss: true},
		New: func(p Params, env learner.Env) (*mlp.Classifier, error) {
			return mlp.NewClassifier(p, p.Training, env)
		},
	})
}

// Params are its parameters in chimera.yaml: of the network, and of training.
type Params struct {
	Filters    int `json:"filters" default:"8" validate:"gte=1" doc:"filters of the convolution"`
	KernelSize int `json:"kernel_size" default:"3" validate:"gte=1" doc:"values under a filter; at most all features"`
	mlp.Training
}

// Layers lists the layers for rows of in features.
func (p Params) Layers(in, out int) ([]mlp.Layer, error) {
	first := Convolution{In: in, Filters: p.Filters, Kernel: min(p.KernelSize, in)}
	size := first.Spec().Out
	relu, err := mlp.NewActivation(mlp.ReLU, size)
	if err != nil {
		return nil, err
	}
	return []mlp.Layer{first, relu, mlp.Dense{In: size, Out: out}}, nil
}

var _ mlp.Architecture = Params{}
