package api

import (
	"time"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
)

// FitResponse is the answer of a master's fit.
type FitResponse struct {
	Fit      string          `json:"fit" enum:"ok,started" doc:"started if the caller did not want to wait."`
	FitID    string          `json:"fit_id"`
	Seconds  float64         `json:"seconds"`
	Rows     int             `json:"rows" doc:"Training rows of the workers that took part."`
	Classes  []learner.Label `json:"classes,omitzero" doc:"All classes, agreed before the fit."`
	Workers  []WorkerFit     `json:"workers,omitzero" doc:"The workers that took part."`
	Failures []WorkerFailure `json:"failures,omitzero" doc:"The workers that did not, and why."`
	Training *Training       `json:"training,omitzero" doc:"Of a parameter server and a pipeline: what the training did."`
	Pipeline *PipelineReport `json:"pipeline,omitzero" doc:"Of a pipeline: what it did beyond that."`
}

// WorkerFit is one worker's part in a fit.
type WorkerFit struct {
	Worker   string    `json:"worker"`
	Rows     int       `json:"rows"`
	Seconds  float64   `json:"seconds" doc:"Seconds computing."`
	Wire     float64   `json:"wire_seconds" doc:"Seconds of the call beyond computing."`
	Retries  int       `json:"retries,omitzero"`
	OutOfBag *OutOfBag `json:"out_of_bag,omitzero"`
	Waiting  float64   `json:"waiting_seconds,omitzero" doc:"Seconds after its answers until the last worker's; of a stage, for its neighbours."`
	Sent     int64     `json:"bytes_sent,omitzero" doc:"To the worker, bodies only; of a stage, from it to its neighbours."`
	Received int64     `json:"bytes_received,omitzero" doc:"From the worker, bodies only; of a stage, from its neighbours."`

	// of a parameter server's or a pipeline's training
	Steps  int `json:"steps,omitzero" doc:"Steps that its rows, or its layers, were part of."`
	Missed int `json:"missed,omitzero" doc:"Steps that did without its rows."`

	// of a stage
	Parameters int `json:"parameters,omitzero" doc:"Values that the worker holds of the network."`
	Layers     int `json:"layers,omitzero" doc:"Layers that it has."`
	Held       int `json:"held,omitzero" doc:"Most micro-batches whose activations it held at once."`
}

// FitState is where a fit job stands.
type FitState string

// The states of a fit job.
const (
	FitRunning   FitState = "running"
	FitSucceeded FitState = "succeeded"
	FitFailed    FitState = "failed"
	FitCancelled FitState = "cancelled"
)

// FitJob is the running fit, or the last one.
type FitJob struct {
	FitID   string       `json:"fit_id"`
	State   FitState     `json:"state" enum:"running,succeeded,failed,cancelled"`
	Started time.Time    `json:"started"`
	Seconds float64      `json:"seconds" doc:"So far, or in all."`
	Error   string       `json:"error,omitzero"`
	Result  *FitResponse `json:"result,omitzero" doc:"Once it has succeeded."`
}

// PredictResponse is the answer of a master's predict.
type PredictResponse struct {
	Y        YRows           `json:"y_pred_rows" doc:"The value; the mean probability of the second of two classes; the label if there are more."`
	Labels   Labels          `json:"y_pred_labels,omitzero" doc:"Classifiers: the label."`
	Proba    ProbaRows       `json:"y_pred_proba,omitzero" doc:"Classifiers: one probability a class."`
	Classes  []learner.Label `json:"classes,omitzero"`
	FitID    string          `json:"fit_id,omitzero"`
	Workers  []string        `json:"workers,omitzero" doc:"The workers whose answers were combined."`
	Failures []WorkerFailure `json:"failures,omitzero" doc:"The workers that did not answer, and why."`
}

// ScoreRequest is the body of a master's score: rows as in predict, and the truth.
type ScoreRequest struct {
	PredictRequest
	Truth []learner.Label `json:"y_true" doc:"One label or number a row."`
}

// ScoreResponse is the answer of a master's score.
type ScoreResponse struct {
	Task           learner.Task            `json:"task"`
	Rows           int                     `json:"rows"`
	Classification *metrics.Classification `json:"classification,omitzero"`
	Regression     *metrics.Regression     `json:"regression,omitzero"`
	Baseline       float64                 `json:"baseline" doc:"Accuracy of the majority class, or R2 of the mean, of the training rows."`
	Members        []WorkerScore           `json:"members" nullable:"false" doc:"Each worker's model by itself."`
	FitID          string                  `json:"fit_id,omitzero"`
	Failures       []WorkerFailure         `json:"failures,omitzero"`
}

// WorkerScore is the score of one worker's model by itself.
type WorkerScore struct {
	Worker string  `json:"worker"`
	Score  float64 `json:"score" doc:"Accuracy or R2."`
}
