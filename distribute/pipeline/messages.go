package pipeline

import (
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/learner"
)

// Peer is a neighbour of a stage.
type Peer struct {
	Worker string `json:"worker"`
	URL    string `json:"url"` // used by the other workers
}

// BeginFrame is the head of the request to take part in a fit; it has no arrays. The answer is a frame
// headed by BeginAnswer.
type BeginFrame struct {
	FitID    string          `json:"fit_id"`
	Attempt  int             `json:"attempt"` // from 0; increased when a fit begins again after a stage was lost
	Features []string        `json:"features"`
	Classes  []learner.Label `json:"classes,omitempty"`
	Seed     uint64          `json:"seed,string"`

	Stage    int   `json:"stage"`  // from 0
	Stages   int   `json:"stages"` // number of stages
	From     int   `json:"from"`   // the stage has the layers [from, to)
	To       int   `json:"to"`
	Previous *Peer `json:"previous,omitempty"`
	Next     *Peer `json:"next,omitempty"`

	Schedule     string  `json:"schedule"`
	MicroBatches int     `json:"micro_batches"`
	BatchSize    int     `json:"batch_size"`
	Shuffle      bool    `json:"shuffle"`
	Standardize  bool    `json:"standardize"`
	Validation   float64 `json:"validation_fraction,omitempty"` // share of the rows held out

	Solver   string  `json:"solver"`
	Alpha    float64 `json:"alpha"`
	Momentum float64 `json:"momentum"`
	Beta1    float64 `json:"beta_1"`
	Beta2    float64 `json:"beta_2"`
	Epsilon  float64 `json:"epsilon"`

	Prepared *endpoint.Prepared `json:"prepared,omitempty"` // how the rows become features; nil if they are
}

// BeginAnswer reports that a stage is ready for steps.
type BeginAnswer struct {
	FitID          string  `json:"fit_id"`
	Worker         string  `json:"worker"`
	Rows           int     `json:"rows"` // that are trained on
	ValidationRows int     `json:"validation_rows"`
	RowsSum        string  `json:"rows_sum"`  // of all values of its copy of the rows
	OrderSum       string  `json:"order_sum"` // of the order of the first epoch, and of which rows are held out
	Parameters     int     `json:"parameters"`
	Layers         int     `json:"layers"` // of the whole network
	Seconds        float64 `json:"seconds"`
}

// Command is part of the head of every command of a fit.
type Command struct {
	FitID   string `json:"fit_id"`
	Attempt int    `json:"attempt"`
	Step    int    `json:"step"` // of the fit, from 0
}

// AsCommand returns the command itself, for types that embed it.
func (c Command) AsCommand() Command { return c }

// StepFrame is the head of a step; it has no arrays. The mini-batch is given by the epoch and its
// number in it.
type StepFrame struct {
	Command
	Epoch int     `json:"epoch"` // from 0
	Batch int     `json:"batch"` // of the epoch, from 0
	Rate  float64 `json:"rate"`  // learning rate
	Hold  bool    `json:"hold"`  // report the gradient's norms, and wait for a MoveFrame before the step
	Keep  bool    `json:"keep"`  // keep the parameters before this step: they are the best so far
}

// StepAnswer reports what a stage did in a step; it is the head of a frame without arrays. Sums and
// norms are per piece of the parameters, in order, so that those of the whole network do not depend on
// how it is cut.
type StepAnswer struct {
	Loss      float64   `json:"loss"`   // of the last stage: summed over the rows
	Weight    float64   `json:"weight"` // of the rows; of the last stage only
	Rows      int       `json:"rows"`
	Penalties []float64 `json:"penalties"`
	Norms     []float64 `json:"norms,omitempty"` // of the mean gradient, with Hold
	Computing float64   `json:"computing"`       // seconds
	Waiting   float64   `json:"waiting"`         // seconds spent waiting for neighbours
	Held      int       `json:"held"`            // largest number of micro-batches whose activations it held
	Sent      int64     `json:"sent"`            // bytes to its neighbours
	Received  int64     `json:"received"`        // bytes from its neighbours
}

// MoveFrame is the head of the command to complete the step that was held back; the answer is an empty
// frame headed by CommitResponse.
type MoveFrame struct {
	Command
	Factor float64 `json:"factor"` // factor for the gradient
	Rate   float64 `json:"rate"`
}

// MicroBatchFrame is the head of what a stage sends to its neighbour; its array is "x", rows x values.
type MicroBatchFrame struct {
	FitID    string `json:"fit_id"`
	Attempt  int    `json:"attempt"`
	Step     int    `json:"step"`
	Evaluate bool   `json:"evaluate,omitempty"` // of the held-out rows, not of a step
	Back     bool   `json:"back,omitempty"`     // a gradient, not an activation
	Micro    int    `json:"micro"`
}

// EvaluateFrame is the head of the command to score the held-out rows; the answer is a frame headed by
// EvaluateAnswer.
type EvaluateFrame struct {
	Command
}

// EvaluateAnswer is the result of the last stage.
type EvaluateAnswer struct {
	Score float64 `json:"score"` // accuracy, or R2; of the last stage
}

// FinishRequest is the body of PathFinish.
type FinishRequest struct {
	FitID   string `json:"fit_id" minLength:"1"`
	Attempt int    `json:"attempt" minimum:"0"`
	Best    bool   `json:"best" doc:"Restore the parameters that scored best."`
}

// FinishResponse is its answer.
type FinishResponse struct {
	FitID      string `json:"fit_id"`
	Parameters int    `json:"parameters" doc:"Number of parameters that the stage holds."`
}

// Progress is the answer at PathProgress: what a stage is doing, or was doing when it stopped.
type Progress struct {
	FitID   string `json:"fit_id,omitzero" doc:"The fit it takes part in; empty if there is none."`
	Working bool   `json:"working" doc:"Whether a step is running."`
	Step    int    `json:"step" doc:"Step, counted from 0; -1 before the first."`
	Micro   int    `json:"micro" doc:"Micro-batch, counted from 0."`
	Back    bool   `json:"back" doc:"Whether it is in the backward pass."`
	Waiting string `json:"waiting_for,omitzero" doc:"The neighbour it waits for; empty if it is computing."`
}

// PredictFrame is the head of rows on their way through the stages; its array is "x", rows x values.
// The answer is a frame headed by PredictedFrame, whose array is "y" (rows) or "proba" (rows x
// classes): the last stage's answer, passed on.
type PredictFrame struct {
	FitID string `json:"fit_id"`
	Next  []Peer `json:"next,omitempty"` // the stages behind, where they are now; without them, where they were in the fit
}

// CaptureRequest is the query of Capture.
type CaptureRequest struct {
	FitID string `query:"fit_id" doc:"The running fit, or the fit of a model."`
}

// StateVersion is the version of State and its arrays.
const StateVersion = 1

// The arrays of a State that a model has.
const (
	ArrayParameters = "parameters"
	ArrayMean       = "mean"
	ArrayScale      = "scale"
)

// State is the head of a stage's part of a network between steps: a frame, with a checksum as in all
// frames, with the arrays "parameters"; "mean" and "scale" if features are standardised; and during a
// fit "best", if the best parameters were kept, and "state" of the optimiser, one array per vector.
//
// The neighbours of a model's part have no URLs: it may be restored where they are elsewhere.
type State struct {
	Version   int        `json:"version"`
	Begin     BeginFrame `json:"begin"`
	Training  bool       `json:"training"` // of a running fit, not of a model
	Step      int        `json:"step"`     // the next one
	Optimiser string     `json:"optimiser,omitempty"`
	Steps     int        `json:"optimiser_steps,omitempty"`
	Vectors   int        `json:"optimiser_vectors,omitempty"`
}
