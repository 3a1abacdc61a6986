package mlp

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// reference is the source of the method; those of its parts are with them.
const reference = "Rumelhart, Hinton, Williams 1986; Kingma, Ba 2015"

func init() {
	registry.Register("mlp-classifier", registry.Entry[ClassifierParams, *Classifier]{
		Task: learner.Classification, Summary: "Multi-layer perceptron with softmax outputs, or one logistic output for two classes.", Reference: reference,
		Traits: learner.Traits{SamplesRows: true, NonNegativeLoss: true},
		New: func(p ClassifierParams, env learner.Env) (*Classifier, error) {
			return NewClassifier(p.Perceptron, p.Training, env)
		},
	})
}

// ClassifierParams are the parameters of mlp-classifier.
type ClassifierParams struct {
	Perceptron
	Training
}

// Classifier is a network with one output per class, or one alone, the second's
// logit, for two classes. The probabilities are the softmax of the outputs, or
// the logistic function of the one; the loss of a row is minus the logarithm of its
// class's probability.
type Classifier struct{ model }

// NewClassifier makes an unfitted model of any architecture.
func NewClassifier(a Architecture, t Training, env learner.Env) (*Classifier, error) {
	m, err := newModel("mlp.classifier", learner.Classification, a, t, crossEntropy{}, env)
	if err != nil {
		return nil, err
	}
	return &Classifier{m}, nil
}

// PredictProba returns rows x classes probabilities.
func (m *Classifier) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	_, proba, err := m.answer(ctx, x)
	return proba, err
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Layered     = (*Classifier)(nil)
	_ learner.Objective   = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
	_ learner.Convergent  = (*Classifier)(nil)
)
