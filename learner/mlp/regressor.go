package mlp

import (
	"fmt"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("mlp-regressor", registry.Entry[RegressorParams, *Regressor]{
		Task: learner.Regression, Summary: "Multi-layer perceptron with one linear output.", Reference: reference,
		Traits: learner.Traits{SamplesRows: true, NonNegativeLoss: true},
		New: func(p RegressorParams, env learner.Env) (*Regressor, error) {
			return NewRegressor(p.Perceptron, p.Training, p.RegressionLoss, env)
		},
	})
}

// RegressorParams are the parameters of mlp-regressor.
type RegressorParams struct {
	Perceptron
	Training
	RegressionLoss
}

// RegressionLoss is what a regressor minimises.
type RegressionLoss struct {
	Loss  string  `json:"loss" default:"squared_error" doc:"the loss that is minimised; huber: beyond delta it grows in a straight line"`
	Delta float64 `json:"delta" default:"1" validate:"gt=0" doc:"epsilon of the loss; of huber: the residual up to which it is the square's"`
}

// ParamOptions are the losses of regression that are linked, for loss.
func (RegressionLoss) ParamOptions(param string) []string {
	if param == "loss" {
		return loss.Names(learner.Regression)
	}
	return nil
}

// The losses that a program may name without a string of its own; every
// registered loss of regression is one, see package learner/loss.
const (
	SquaredError = "squared_error"
	Huber        = "huber"
)

func (o RegressionLoss) loss() (outputLoss, error) {
	if o.Loss == Huber && !(o.Delta > 0 && numeric.IsFinite(o.Delta)) {
		return nil, &learner.ParamError{Param: "delta", Reason: fmt.Sprintf("want finite and > 0, got %v", o.Delta)}
	}
	l, err := loss.New(learner.Regression, o.Loss, loss.Settings{Epsilon: o.Delta})
	if err != nil {
		return nil, &learner.ParamError{Param: "loss", Reason: err.Error()}
	}
	return perTarget{l}, nil
}

// Regressor is a network with one output, the target. Targets are taken as
// they are: far from 0, or of a size far from 1, they are better scaled before.
type Regressor struct{ model }

// NewRegressor makes an unfitted model of any architecture.
func NewRegressor(a Architecture, t Training, o RegressionLoss, env learner.Env) (*Regressor, error) {
	l, err := o.loss()
	if err != nil {
		return nil, err
	}
	m, err := newModel("mlp.regressor", learner.Regression, a, t, l, env)
	if err != nil {
		return nil, err
	}
	return &Regressor{m}, nil
}

var (
	_ learner.Layered     = (*Regressor)(nil)
	_ learner.Objective   = (*Regressor)(nil)
	_ learner.Snapshotter = (*Regressor)(nil)
	_ learner.Convergent  = (*Regressor)(nil)
	_ registry.Optioned   = RegressionLoss{}
)
