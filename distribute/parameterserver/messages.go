package parameterserver

import (
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/learner"
)

// MomentsFrame heads the request for the moments of a worker's rows; it has
// no arrays. The answer is a frame headed by MomentsAnswer with the arrays
// "mean" and "m2", one number a feature.
type MomentsFrame struct {
	FitID      string   `json:"fit_id"`
	Features   []string `json:"features"`                      // the order of the columns
	Seed       uint64   `json:"seed,string"`                   // of the fit
	Validation float64  `json:"validation_fraction,omitempty"` // share of the rows held out

	Prepared *endpoint.Prepared `json:"prepared,omitempty"` // how the rows become features; nil if they are
}

// MomentsAnswer is the head of the moments of a worker's rows.
type MomentsAnswer struct {
	FitID   string  `json:"fit_id"`
	Weight  float64 `json:"weight"`
	Seconds float64 `json:"seconds"`
}

// BeginFrame is the head of the request to take part in a fit. Its arrays are "mean" and "scale", with
// one number per feature, or none if features are not standardised.
type BeginFrame struct {
	FitID           string          `json:"fit_id"`
	Features        []string        `json:"features"`
	Classes         []learner.Label `json:"classes,omitempty"`
	Mode            Mode            `json:"mode"`
	BatchSize       int             `json:"batch_size"`   // 0 is all rows
	LocalEpochs     int             `json:"local_epochs"` // in mode local
	Seed            uint64          `json:"seed,string"`
	FirstRow        uint64          `json:"first_row,string"` // global id of the worker's first row
	Validation      float64         `json:"validation_fraction,omitempty"`
	Penalty         string          `json:"penalty"` // in mode local, where workers step
	Alpha           float64         `json:"alpha"`
	L1Ratio         float64         `json:"l1_ratio"`
	MaxGradientNorm float64         `json:"max_gradient_norm"`
	Float32         bool            `json:"float32,omitempty"` // answer in float32

	Prepared *endpoint.Prepared `json:"prepared,omitempty"` // how the rows become features; nil if they are
}

// BeginAnswer reports that a worker is ready for steps.
type BeginAnswer struct {
	FitID          string  `json:"fit_id"`
	Worker         string  `json:"worker"`
	Rows           int     `json:"rows"` // that it trains on
	ValidationRows int     `json:"validation_rows"`
	Parameters     int     `json:"parameters"` // length of the parameter vector
	Seconds        float64 `json:"seconds"`
}

// StepFrame is the head of a step; its array is "parameters".
type StepFrame struct {
	FitID    string  `json:"fit_id"`
	Epoch    int     `json:"epoch"` // counted by the master
	Step     int     `json:"step"`  // from 0
	Mode     Mode    `json:"mode"`
	Rate     float64 `json:"rate,omitempty"`     // learning rate, in mode local
	Validate bool    `json:"validate,omitempty"` // also the loss on the held-out rows
}

// StepAnswer is the head of the answer to a step; its array is "gradient", summed over the rows, or in
// mode local "update", the parameters before minus those after.
type StepAnswer struct {
	FitID            string  `json:"fit_id"`
	Mode             Mode    `json:"mode"`
	Step             int     `json:"step"`
	Rows             int     `json:"rows"`   // that the answer is computed from
	Loss             float64 `json:"loss"`   // summed over the rows
	Weight           float64 `json:"weight"` // of the rows
	ValidationLoss   float64 `json:"validation_loss,omitempty"`
	ValidationWeight float64 `json:"validation_weight,omitempty"`
	Seconds          float64 `json:"seconds"` // spent computing
}

// The names of the arrays of StepFrame and StepAnswer.
const (
	ArrayParameters = "parameters"
	ArrayGradient   = "gradient"
	ArrayUpdate     = "update"
)

// FitStepRequest is a fit-step as sent by the Python package's master.
type FitStepRequest struct {
	Weights api.Numbers `json:"weights" doc:"The coefficients, one after the other."`
	Bias    api.Numbers `json:"bias" doc:"The intercepts."`
}

// FitStepResponse is the answer: old minus new after one local epoch.
type FitStepResponse struct {
	Weights api.Floats `json:"weights_gradients"`
	Bias    api.Floats `json:"bias_gradient"`
}

// DataSample is the first rows of a worker, from which the Python package's master infers the shape of
// the model.
type DataSample struct {
	Columns       []string      `json:"X_train_sample_columns"`
	Rows          api.ProbaRows `json:"X_train_sample_rows"`
	TargetColumns []string      `json:"y_train_sample_columns"`
	Targets       []api.YRows   `json:"y_train_sample_rows"`
}
