package api

import (
	"github.com/gochimera/chimera/learner"
)

// Coefficients is the answer of PathCoefficients.
type Coefficients struct {
	FitID    string           `json:"fit_id"`
	Features []string         `json:"features" doc:"The order of the columns."`
	Classes  []learner.Label  `json:"classes,omitzero"`
	Mean     Floats           `json:"mean,omitzero" doc:"Of each feature over all workers, if features were standardised."`
	Scale    Floats           `json:"scale,omitzero" doc:"Standard deviation of each feature."`
	Blocks   []ParameterBlock `json:"blocks" doc:"The parts of the parameter vector."`
}

// ParameterBlock is one named part of the parameters.
type ParameterBlock struct {
	Name         string `json:"name"`
	Shape        []int  `json:"shape" doc:"Row-major."`
	Penalised    bool   `json:"penalised"`
	Standardised Floats `json:"standardised" doc:"On the scale that was trained on."`
	Original     Floats `json:"original,omitzero" doc:"On the features' own scale; absent where a model has no such form."`
}

// StopReason is why a training ended.
type StopReason string

// The reasons.
const (
	StopMaxIter    StopReason = "max_iter"   // as many steps as allowed
	StopGradient   StopReason = "gradient"   // its norm fell to epsilon
	StopNoChange   StopReason = "no_change"  // the loss did not improve
	StopValidation StopReason = "validation" // the loss, or score, on the held-out rows did not improve
	StopRate       StopReason = "rate"       // an adaptive learning rate came to its end
)

// Training reports the fit of a master that trains in steps: a parameter server
// or a pipeline.
type Training struct {
	Mode           string     `json:"mode" doc:"Of a parameter server; of a pipeline its schedule."`
	Steps          int        `json:"steps"`
	Epochs         int        `json:"epochs"`
	Stopped        StopReason `json:"stopped" enum:"max_iter,gradient,no_change,validation,rate"`
	Loss           Floats     `json:"loss" doc:"Mean loss of each step's rows, penalty included, before the step."`
	Seconds        Floats     `json:"step_seconds" doc:"When each step was done, since the first began."`
	ValidationLoss Floats     `json:"validation_loss,omitzero" doc:"Mean loss of the held-out rows, before each epoch."`
	GradientNorm   float64    `json:"gradient_norm" doc:"At the last step, penalty included; of the update with mode local. A pipeline knows it if it limits it."`
	Wire           string     `json:"wire" enum:"float64,float32"`
	BytesSaved     int64      `json:"bytes_saved,omitzero" doc:"By float32 instead of float64."`
	RoundingError  float64    `json:"rounding_error,omitzero" doc:"Largest error of a sent parameter by float32, relative to the largest parameter."`
	Missed         []Missed   `json:"missed,omitzero" doc:"Steps that had to do without a worker's rows, at most 100 of them."`
}

// Missed is a step that did without a worker.
type Missed struct {
	Step   int    `json:"step"`
	Worker string `json:"worker"`
	Reason string `json:"reason"`
}

// StepEvent is a step of a training. If steps are fast, not every one has an
// event.
type StepEvent struct {
	FitID   string  `json:"fit_id"`
	Step    int     `json:"step"` // from 1
	MaxIter int     `json:"max_iter"`
	Loss    float64 `json:"loss"`
	Workers int     `json:"workers"` // that answered
	Seconds float64 `json:"seconds"` // since the first
}

// Kind is the event's name.
func (StepEvent) Kind() string { return "step" }
