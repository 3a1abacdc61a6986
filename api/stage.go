package api

import (
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// Paths of a worker of the pipeline: a stage.
const (
	PathStageBegin      = "/v1/chimera/stage/begin"       // take part in a fit
	PathStageStep       = "/v1/chimera/stage/step"        // work off a mini-batch with the neighbours
	PathStageMove       = "/v1/chimera/stage/move"        // take the step that a mini-batch held back
	PathStageMicroBatch = "/v1/chimera/stage/micro-batch" // from a neighbour
	PathStageEvaluate   = "/v1/chimera/stage/evaluate"    // score the held-out rows with the neighbours
	PathStageCheckpoint = "/v1/chimera/stage/checkpoint"  // GET the state, POST it back
	PathStageFinish     = "/v1/chimera/stage/finish"      // make a model of what was trained
	PathStageCommit     = "/v1/chimera/stage/commit"      // forget all models but one
	PathStageDiscard    = "/v1/chimera/stage/discard"     // forget a fit
	PathStagePredict    = "/v1/chimera/stage/predict"     // from the master, or the stage before
	PathStageProgress   = "/v1/chimera/stage/progress"
)

// Paths of the pipeline master.
const (
	PathPipelineFit     = "/v1/chimera/pipeline/fit"
	PathPipelinePredict = "/v1/chimera/pipeline/predict"
	PathPipelineScore   = "/v1/chimera/pipeline/score"
	PathPipelineStages  = "/v1/chimera/pipeline/stages"
)

// StagePeer is a neighbour of a stage.
type StagePeer struct {
	Worker string `json:"worker"`
	URL    string `json:"url"` // by which other workers reach it
}

// StageBeginFrame heads what a stage must know to take part in a fit; it has
// no arrays. The answer is a frame headed by StageBeginAnswer.
type StageBeginFrame struct {
	FitID    string          `json:"fit_id"`
	Attempt  int             `json:"attempt"` // from 0; a fit that goes on after a stage was lost begins again
	Features []string        `json:"features"`
	Classes  []learner.Label `json:"classes,omitempty"`
	Seed     uint64          `json:"seed,string"`

	Stage    int        `json:"stage"`  // from 0
	Stages   int        `json:"stages"` // how many there are
	From     int        `json:"from"`   // the stage has the layers [from, to)
	To       int        `json:"to"`
	Previous *StagePeer `json:"previous,omitempty"`
	Next     *StagePeer `json:"next,omitempty"`

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
}

// StageBeginAnswer says that a stage is ready for steps.
type StageBeginAnswer struct {
	FitID          string  `json:"fit_id"`
	Worker         string  `json:"worker"`
	Rows           int     `json:"rows"` // trained on
	ValidationRows int     `json:"validation_rows"`
	RowsSum        string  `json:"rows_sum"`  // of all values of its copy of the rows
	OrderSum       string  `json:"order_sum"` // of the order of the first epoch, and of which rows are held out
	Parameters     int     `json:"parameters"`
	Layers         int     `json:"layers"` // of the whole network
	Seconds        float64 `json:"seconds"`
}

// StageCommand is in the head of every command of a fit.
type StageCommand struct {
	FitID   string `json:"fit_id"`
	Attempt int    `json:"attempt"`
	Step    int    `json:"step"` // of the fit, from 0
}

// Command is the command itself.
func (c StageCommand) Command() StageCommand { return c }

// StageStepFrame heads a step; it has no arrays. The mini-batch follows from
// the epoch and its number in it.
type StageStepFrame struct {
	StageCommand
	Epoch int     `json:"epoch"` // from 0
	Batch int     `json:"batch"` // of the epoch, from 0
	Rate  float64 `json:"rate"`  // learning rate
	Hold  bool    `json:"hold"`  // tell the gradient's norms, and wait for a StageMoveFrame to step
	Keep  bool    `json:"keep"`  // remember the parameters before this step: they are the best so far
}

// StageStepAnswer is what a stage did in a step; it heads a frame without
// arrays. Sums and norms are of pieces of the parameters, in order, so that
// those of the whole network do not depend on how it is cut.
type StageStepAnswer struct {
	Loss      float64   `json:"loss"`   // of the last stage: summed over the rows
	Weight    float64   `json:"weight"` // of the rows, likewise
	Rows      int       `json:"rows"`
	Penalties []float64 `json:"penalties"`
	Norms     []float64 `json:"norms,omitempty"` // of the mean gradient, with Hold
	Computing float64   `json:"computing"`       // seconds
	Waiting   float64   `json:"waiting"`         // seconds for neighbours
	Held      int       `json:"held"`            // most micro-batches whose activations it held
	Sent      int64     `json:"sent"`            // bytes, to its neighbours
	Received  int64     `json:"received"`        // bytes, from them
}

// StageMoveFrame heads the command to take the step that was held back; the
// answer is an empty frame headed by CommitResponse.
type StageMoveFrame struct {
	StageCommand
	Factor float64 `json:"factor"` // what the gradient is multiplied by
	Rate   float64 `json:"rate"`
}

// MicroBatchFrame heads what goes from stage to stage; its array is "x", rows
// x values.
type MicroBatchFrame struct {
	FitID    string `json:"fit_id"`
	Attempt  int    `json:"attempt"`
	Step     int    `json:"step"`
	Evaluate bool   `json:"evaluate,omitempty"` // of the held-out rows, and not of a step
	Back     bool   `json:"back,omitempty"`     // a gradient, and not an activation
	Micro    int    `json:"micro"`
}

// StageEvaluateFrame heads the command to score the held-out rows; the answer
// is a frame headed by StageEvaluateAnswer.
type StageEvaluateFrame struct {
	StageCommand
}

// StageEvaluateAnswer is what the last stage found.
type StageEvaluateAnswer struct {
	Score float64 `json:"score"` // accuracy, or R2; of the last stage
}

// StageFinishRequest is the body of PathStageFinish.
type StageFinishRequest struct {
	FitID   string `json:"fit_id" minLength:"1"`
	Attempt int    `json:"attempt" minimum:"0"`
	Best    bool   `json:"best" doc:"Go back to the parameters that were the best."`
}

// StageFinishResponse is its answer.
type StageFinishResponse struct {
	FitID      string `json:"fit_id"`
	Parameters int    `json:"parameters" doc:"Values that the stage holds."`
}

// StageProgress is the answer of PathStageProgress: what a stage is at, or was at when it
// stopped.
type StageProgress struct {
	FitID   string `json:"fit_id,omitzero" doc:"The fit it takes part in; empty if none."`
	Working bool   `json:"working" doc:"Whether a step is under way."`
	Step    int    `json:"step" doc:"From 0; -1 before the first."`
	Micro   int    `json:"micro" doc:"Micro-batch, from 0."`
	Back    bool   `json:"back" doc:"On the way back, and not forward."`
	Waiting string `json:"waiting_for,omitzero" doc:"The neighbour it waits for; empty if it computes."`
}

// StagePredictFrame heads rows on their way through the stages; its array is
// "x", rows x values. The answer is a frame headed by PredictedFrame, whose
// array is "y" (rows) or "proba" (rows x classes): the last stage's, handed
// through.
type StagePredictFrame struct {
	FitID string `json:"fit_id"`
}

// StageStateVersion is that of StageState and its arrays.
const StageStateVersion = 1

// StageState heads a stage's part of a network at rest: a frame, checksummed as
// all frames are, with the arrays "parameters"; "mean" and "scale" if features are
// standardised; and in the middle of a fit "best", if some parameters were
// kept as the best, and "state" of the optimiser, one array a vector.
type StageState struct {
	Version   int             `json:"version"`
	Begin     StageBeginFrame `json:"begin"`
	Training  bool            `json:"training"` // in the middle of a fit, and not a model
	Step      int             `json:"step"`     // the next
	Optimiser string          `json:"optimiser,omitempty"`
	Steps     int             `json:"optimiser_steps,omitempty"`
	Vectors   int             `json:"optimiser_vectors,omitempty"`
}

// StageInfo is one stage of the network that serves.
type StageInfo struct {
	Worker     string      `json:"worker"`
	Stage      int         `json:"stage" doc:"From 0, where the rows come in."`
	Layers     []LayerInfo `json:"layers" nullable:"false"`
	Parameters int         `json:"parameters" doc:"Values that the worker holds."`
}

// LayerInfo is one layer of a network.
type LayerInfo struct {
	Name       string  `json:"name"`
	In         int     `json:"in" doc:"Values a row."`
	Out        int     `json:"out" doc:"Values a row."`
	Parameters int     `json:"parameters"`
	Cost       float64 `json:"cost" doc:"Multiply-adds a row, forward and back."`
}

// Stages is the answer of PathPipelineStages.
type Stages struct {
	FitID      string      `json:"fit_id"`
	Parameters int         `json:"parameters" doc:"Of the whole network, which nobody holds."`
	Stages     []StageInfo `json:"stages" nullable:"false"`
}

// PipelineReport is what a pipeline's fit did, beside what every training reports.
type PipelineReport struct {
	Schedule     string      `json:"schedule" enum:"1f1b,gpipe"`
	Stages       int         `json:"stages"`
	MicroBatches int         `json:"micro_batches"`
	Parameters   int         `json:"parameters" doc:"Of the whole network."`
	EpochLoss    wire.Floats `json:"epoch_loss" doc:"Mean loss of each epoch, penalty included."`
	Validation   wire.Floats `json:"validation_score,omitzero" doc:"Accuracy or R2 on the held-out rows, after each epoch."`
	Bubble       float64     `json:"bubble" doc:"Share of the time of the steps that stages did not compute."`
	BubbleTheory float64     `json:"bubble_in_theory" doc:"(p-1)/(m+p-1): of p equal stages on p processors, with links that take no time."`
	Bytes        int64       `json:"bytes_between_stages"`
	Checkpoints  int         `json:"checkpoints,omitzero"`
	Recoveries   []Recovery  `json:"recoveries,omitzero" doc:"How often the fit went on after a stage was lost."`
}

// Recovery is a fit that went on after it had lost a stage.
type Recovery struct {
	Worker string `json:"worker"`
	Reason string `json:"reason"`
	Step   int    `json:"step" doc:"At which it was lost, from 1."`
	From   int    `json:"from_step" doc:"From which the fit went on, from 1."`
}

// FitResumedEvent says that a fit goes on after it had lost a stage.
type FitResumedEvent struct {
	FitID    string   `json:"fit_id"`
	Recovery Recovery `json:"recovery"`
}

// Kind is the event's name.
func (FitResumedEvent) Kind() string { return "fit_resumed" }
