package mlp

import (
	"fmt"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/optimise"
)

// Training says how a network is trained. Its json names, defaults and limits
// are those of the registered learners; a learner of your own embeds it in its
// parameters.
type Training struct {
	Solver             string  `json:"solver" default:"adam" validate:"oneof=sgd momentum nesterov adam adamw" training:"solver"`
	Alpha              float64 `json:"alpha" default:"0.0001" validate:"gte=0" training:"objective"`
	LearningRateInit   float64 `json:"learning_rate_init" default:"0.001" validate:"gt=0" training:"learning_rate_init"`
	LearningRate       string  `json:"learning_rate" default:"constant" validate:"oneof=constant invscaling step cosine" training:"learning_rate epochs"`
	PowerT             float64 `json:"power_t" default:"0.5" validate:"gte=0" training:"power_t"`
	StepSize           int     `json:"step_size" default:"50" validate:"gte=1" training:"step_size epochs"`
	Gamma              float64 `json:"gamma" default:"0.1" validate:"gt=0,lte=1" training:"gamma"`
	BatchSize          int     `json:"batch_size" default:"200" validate:"gte=1" training:"batch_size"`
	MaxIter            int     `json:"max_iter" default:"200" validate:"gte=1" training:"max_iter epochs"`
	Tol                float64 `json:"tol" default:"0.0001" validate:"gte=0" training:"tol"`
	NIterNoChange      int     `json:"n_iter_no_change" default:"10" validate:"gte=1" training:"n_iter_no_change"`
	EarlyStopping      bool    `json:"early_stopping" default:"false" training:"early_stopping"`
	ValidationFraction float64 `json:"validation_fraction" default:"0.1" validate:"gt=0,lt=1" training:"validation_fraction"`
	Shuffle            bool    `json:"shuffle" default:"true" training:"default"`
	Momentum           float64 `json:"momentum" default:"0.9" validate:"gte=0,lt=1" training:"momentum"`
	Beta1              float64 `json:"beta_1" default:"0.9" validate:"gte=0,lt=1" training:"beta_1"`
	Beta2              float64 `json:"beta_2" default:"0.999" validate:"gte=0,lt=1" training:"beta_2"`
	Epsilon            float64 `json:"epsilon" default:"1e-8" validate:"gt=0" training:"solver_epsilon"`
	Precision          string  `json:"precision" default:"float64" validate:"oneof=float64 float32"`
}

// The precisions of the matrix products of training. All else, and prediction, is in float64.
const (
	Float64 = "float64" // which the empty string stands for, too
	Float32 = "float32"
)

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
		{"precision", Float64 + " or " + Float32, t.Precision, t.Precision == "" || t.Precision == Float64 || t.Precision == Float32},
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
