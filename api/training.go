package api

import (
	"time"

	"github.com/gochimera/chimera/learner"
)

// Coefficients is the answer at PathCoefficients.
type Coefficients struct {
	FitID    string           `json:"fit_id"`
	Features []string         `json:"features" doc:"Column names, in the order of the coefficients."`
	Classes  []learner.Label  `json:"classes,omitzero"`
	Mean     Floats           `json:"mean,omitzero" doc:"Mean of each feature over all workers, if features were standardised."`
	Scale    Floats           `json:"scale,omitzero" doc:"Standard deviation of each feature."`
	Blocks   []ParameterBlock `json:"blocks" doc:"The parts of the parameter vector."`
}

// ParameterBlock is one named part of the parameters.
type ParameterBlock struct {
	Name         string `json:"name"`
	Shape        []int  `json:"shape" doc:"Row-major."`
	Penalised    bool   `json:"penalised"`
	Standardised Floats `json:"standardised" doc:"Values on the standardised scale, on which the model was trained."`
	Original     Floats `json:"original,omitzero" doc:"Values on the features' original scale; absent if the model has no such form."`
}

// StopReason is why a training ended.
type StopReason string

// The reasons.
const (
	StopMaxIter    StopReason = "max_iter"   // the largest number of steps was reached
	StopGradient   StopReason = "gradient"   // the gradient's norm fell to epsilon
	StopNoChange   StopReason = "no_change"  // the loss did not improve
	StopValidation StopReason = "validation" // the loss, or score, on the held-out rows did not improve
	StopRate       StopReason = "rate"       // an adaptive learning rate became too small
	StopComplete   StopReason = "complete"   // the sums of as many rounds as the learner needs are a model
)

// Training reports the training of a master that trains in steps: a parameter server or a pipeline.
type Training struct {
	Mode           string     `json:"mode" doc:"Mode of a parameter server, or schedule of a pipeline; sums of a training from sums."`
	Steps          int        `json:"steps" doc:"Of a training from sums: complete iterations, such as trees; of a learner without iterations, rounds."`
	Rounds         int        `json:"rounds,omitzero" doc:"Of a training from sums: how often workers were asked for their sums."`
	Epochs         int        `json:"epochs"`
	Stopped        StopReason `json:"stopped" enum:"max_iter,gradient,no_change,validation,rate,complete"`
	Loss           Floats     `json:"loss" doc:"Mean loss of each step's rows before the step, including the penalty."`
	Seconds        Floats     `json:"step_seconds" doc:"Seconds from the start of the first step to the end of each step."`
	ValidationLoss Floats     `json:"validation_loss,omitzero" doc:"Mean loss of the held-out rows, before each epoch."`
	GradientNorm   float64    `json:"gradient_norm" doc:"At the last step, with the penalty; of the update with mode local. Of a pipeline only if clipped."`
	Wire           string     `json:"wire" enum:"float64,float32"`
	BytesSaved     int64      `json:"bytes_saved,omitzero" doc:"Bytes saved by sending float32 instead of float64."`
	RoundingError  float64    `json:"rounding_error,omitzero" doc:"Largest rounding error of a parameter sent as float32, relative to the largest parameter."`
	Recoveries     []Recovery `json:"recoveries,omitzero" doc:"The times that a parameter server waited for a lost worker, and went on."`
	Missed         []Missed   `json:"missed,omitzero" doc:"Steps without a worker's rows, at most 100 of them."`

	Joined []Change `json:"joined,omitzero" doc:"The workers that joined after the fit had begun; the preparation is not of their rows."`
	Left   []Change `json:"left,omitzero" doc:"The workers that left the fit, as they were asked to: without their rows from that step on."`

	Resumed []Resumption `json:"resumed,omitzero" doc:"The times that the program was ended in the middle of the fit, and another went on with it."`
}

// Change is a worker that joined a running fit, or left it.
type Change struct {
	Step   int    `json:"step" doc:"The first step with its rows, or without them, counted from 1."`
	Worker string `json:"worker"`
	Rows   int    `json:"rows" doc:"That it trains on."`
}

// Resumption is a time that a program went on with a fit that another had begun.
type Resumption struct {
	At   time.Time `json:"at"`
	From int       `json:"from_step" doc:"Step from which the fit continued, counted from 1."`
}

// Missed is a step without a worker's rows.
type Missed struct {
	Step   int    `json:"step"`
	Worker string `json:"worker"`
	Reason string `json:"reason"`
}

// WorkerOutlierEvent reports, once a fit, that what a worker sends stands out from what the others send:
// its rows differ, or its numbers are wrong. It takes part all the same.
type WorkerOutlierEvent struct {
	FitID  string `json:"fit_id"`
	Worker string `json:"worker"`
	Step   int    `json:"step"` // counted from 1; 0 before the first, for the moments of its rows
	Reason string `json:"reason"`
}

// Kind is the event's name.
func (WorkerOutlierEvent) Kind() string { return "worker_outlier" }
