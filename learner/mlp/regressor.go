package mlp

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("mlp-regressor", registry.Entry[RegressorParams, *Regressor]{
		Task: learner.Regression, Summary: "Multi-layer perceptron with one linear output.", Reference: reference,
		Traits: learner.Traits{SamplesRows: true},
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
	Loss  string  `json:"loss" default:"squared_error" validate:"oneof=squared_error huber" doc:"squared_error: half the square of the residual; huber: beyond delta it grows in a straight line"`
	Delta float64 `json:"delta" default:"1" validate:"gt=0" doc:"huber: the residual up to which the loss is the square's"`
}

// The losses of a regressor.
const (
	SquaredError = "squared_error"
	Huber        = "huber"
)

func (o RegressionLoss) loss() (loss, error) {
	switch o.Loss {
	case SquaredError:
		return squaredError{}, nil
	case Huber:
		if !(o.Delta > 0) || math.IsInf(o.Delta, 0) {
			return nil, &learner.ParamError{Param: "delta", Reason: fmt.Sprintf("want finite and > 0, got %v", o.Delta)}
		}
		return huber{o.Delta}, nil
	default:
		return nil, &learner.ParamError{Param: "loss", Reason: fmt.Sprintf("want %s or %s, got %q", SquaredError, Huber, o.Loss)}
	}
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
)
