package mlp

import (
	"fmt"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/optimise"
)

// Training says how a network is trained. Its json names, defaults and limits
// are those of the registered learners; a learner of one's own embeds it in its
// parameters.
type Training struct {
	Solver             string  `json:"solver" default:"adam" validate:"oneof=sgd momentum nesterov adam adamw" doc:"optimiser; scikit-learn's sgd is nesterov here"`
	Alpha              float64 `json:"alpha" default:"0.0001" validate:"gte=0" doc:"strength of the l2 penalty, divided by the rows of a batch; with adamw the decay of the weights"`
	LearningRateInit   float64 `json:"learning_rate_init" default:"0.001" validate:"gt=0" doc:"learning rate at the beginning"`
	LearningRate       string  `json:"learning_rate" default:"constant" validate:"oneof=constant invscaling step cosine" doc:"how the learning rate changes from epoch to epoch"`
	PowerT             float64 `json:"power_t" default:"0.5" validate:"gte=0" doc:"invscaling: the rate is divided by (rows seen + 1) to this power"`
	StepSize           int     `json:"step_size" default:"50" validate:"gte=1" doc:"step: epochs after which the rate is multiplied by gamma"`
	Gamma              float64 `json:"gamma" default:"0.1" validate:"gt=0,lte=1" doc:"step: what the rate is multiplied by"`
	BatchSize          int     `json:"batch_size" default:"200" validate:"gte=1" doc:"rows of a mini-batch; at most all rows"`
	MaxIter            int     `json:"max_iter" default:"200" validate:"gte=1" doc:"epochs at most; cosine: the rate is 0 then"`
	Tol                float64 `json:"tol" default:"0.0001" validate:"gte=0" doc:"improvement of the loss (of the score with early_stopping) that counts as one"`
	NIterNoChange      int     `json:"n_iter_no_change" default:"10" validate:"gte=1" doc:"epochs without improvement after which training ends"`
	EarlyStopping      bool    `json:"early_stopping" default:"false" doc:"whether to set rows aside, look at the score on them instead of the loss, and keep the parameters that scored best"`
	ValidationFraction float64 `json:"validation_fraction" default:"0.1" validate:"gt=0,lt=1" doc:"early_stopping: share of the rows to set aside, of each class alike"`
	Shuffle            bool    `json:"shuffle" default:"true" doc:"whether each epoch takes the rows in an order of its own"`
	Momentum           float64 `json:"momentum" default:"0.9" validate:"gte=0,lt=1" doc:"momentum, nesterov: share of the velocity that is kept"`
	Beta1              float64 `json:"beta_1" default:"0.9" validate:"gte=0,lt=1" doc:"adam, adamw: decay of the running mean"`
	Beta2              float64 `json:"beta_2" default:"0.999" validate:"gte=0,lt=1" doc:"adam, adamw: decay of the running mean square"`
	Epsilon            float64 `json:"epsilon" default:"1e-8" validate:"gt=0" doc:"adam, adamw: keeps the division of the optimiser defined; the loss has delta"`
}

// check refuses what the validate tags refuse, for callers that do not come
// through the registry.
func (t Training) check() error {
	for _, c := range []struct {
		param, want string
		value       any
		ok          bool
	}{
		{"alpha", "finite and >= 0", t.Alpha, t.Alpha >= 0 && numeric.IsFinite(t.Alpha)},
		{"batch_size", ">= 1", t.BatchSize, t.BatchSize >= 1},
		{"max_iter", ">= 1", t.MaxIter, t.MaxIter >= 1},
		{"tol", ">= 0", t.Tol, t.Tol >= 0},
		{"n_iter_no_change", ">= 1", t.NIterNoChange, t.NIterNoChange >= 1},
		{"validation_fraction", "in (0, 1)", t.ValidationFraction, !t.EarlyStopping || t.ValidationFraction > 0 && t.ValidationFraction < 1},
	} {
		if !c.ok {
			return &learner.ParamError{Param: c.param, Reason: fmt.Sprintf("want %s, got %v", c.want, c.value)}
		}
	}
	if _, err := optimise.New(t.settings()); err != nil {
		return &learner.ParamError{Param: "solver", Reason: err.Error()}
	}
	if _, err := t.rate(); err != nil {
		return &learner.ParamError{Param: "learning_rate", Reason: err.Error()}
	}
	return nil
}

// settings are the optimiser's.
func (t Training) settings() optimise.Settings {
	return optimise.Settings{Name: t.Solver, Momentum: t.Momentum, Beta1: t.Beta1, Beta2: t.Beta2, Epsilon: t.Epsilon}
}

// rate is the learning rate of an epoch, given the rows seen before it.
func (t Training) rate() (func(epoch, rows int) float64, error) {
	s, err := optimise.NewSchedule(optimise.ScheduleSettings{
		Name: t.LearningRate, Eta0: t.LearningRateInit, PowerT: t.PowerT, StepSize: t.StepSize, Gamma: t.Gamma, Total: t.MaxIter,
	})
	if err != nil {
		return nil, err
	}
	return func(epoch, rows int) float64 {
		if t.LearningRate == optimise.NameInvScaling {
			return s.Rate(rows)
		}
		return s.Rate(epoch)
	}, nil
}
