package api

import (
	"time"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/prepare"
)

// FitResponse is the answer of a master's fit.
type FitResponse struct {
	Fit      string           `json:"fit" enum:"ok,started" doc:"started if the caller did not wait."`
	FitID    string           `json:"fit_id"`
	Seconds  float64          `json:"seconds"`
	Rows     int              `json:"rows" doc:"Training rows of the workers that took part."`
	Classes  []learner.Label  `json:"classes,omitzero" doc:"All classes, agreed before the fit."`
	Workers  []WorkerFit      `json:"workers,omitzero" doc:"The workers that took part."`
	Failures []WorkerFailure  `json:"failures,omitzero" doc:"The workers that did not, and why."`
	Notes    []string         `json:"notes,omitzero" doc:"What to know of the fit, such as that a learner does not fit the same twice with one seed."`
	Prepared []PreparedColumn `json:"preparation,omitzero" doc:"What became of each column of the rows; absent if they were used as they are."`
	Training *Training        `json:"training,omitzero" doc:"Of a parameter server or a pipeline: report of the training."`
	Pipeline *PipelineReport  `json:"pipeline,omitzero" doc:"Of a pipeline: what only a pipeline reports."`
}

// PreparedColumn is what the preparation of a fit makes of a column.
type PreparedColumn struct {
	Name string       `json:"name"`
	Kind prepare.Kind `json:"kind" enum:"numeric,categorical,dropped"`
	Done string       `json:"done,omitzero" doc:"What is done with it, in words."`
	Note string       `json:"note,omitzero" doc:"Why it was dropped, or what else to know of it."`
}

// WorkerFit is one worker's part in a fit.
type WorkerFit struct {
	Worker   string    `json:"worker"`
	Rows     int       `json:"rows"`
	Seconds  float64   `json:"seconds" doc:"Seconds of computing."`
	Wire     float64   `json:"wire_seconds" doc:"Seconds of the call in addition to computing."`
	Retries  int       `json:"retries,omitzero"`
	OutOfBag *OutOfBag `json:"out_of_bag,omitzero"`
	// Convergence is nil of a learner that does not go step by step, and of a worker that is trained by its master.
	Convergence *learner.Convergence `json:"convergence,omitzero" doc:"Of a learner that goes step by step: whether it came as close as its tolerance asks."`
	Waiting     float64              `json:"waiting_seconds,omitzero" doc:"Seconds spent waiting for the slowest worker, or, of a stage, for its neighbours."`
	Sent        int64                `json:"bytes_sent,omitzero" doc:"Bytes of the bodies sent to the worker, or, of a stage, to its neighbours."`
	Received    int64                `json:"bytes_received,omitzero" doc:"Bytes of the bodies received from the worker, or, of a stage, from its neighbours."`

	// of a parameter server's or a pipeline's training
	Steps  int `json:"steps,omitzero" doc:"Steps in which its rows or layers took part."`
	Missed int `json:"missed,omitzero" doc:"Steps without its rows."`

	// of a parameter server's training, with three workers or more
	Distance float64 `json:"gradient_distance,omitzero" doc:"Distance of its gradients, or updates, from the median of the others', in lengths of that median."`
	Outlier  string  `json:"outlier,omitzero" doc:"How its gradients or moments stand out from the other workers': its rows differ, or it sends wrong numbers."`

	// of a stage
	Parameters int `json:"parameters,omitzero" doc:"Number of the network's parameters that the worker holds."`
	Layers     int `json:"layers,omitzero" doc:"Number of layers that the worker holds."`
	Held       int `json:"held,omitzero" doc:"Largest number of micro-batches whose activations it held at once."`
}

// FitState is the state of a fit job.
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
	Seconds float64      `json:"seconds" doc:"Seconds so far, or in total."`
	Resumed bool         `json:"resumed,omitzero" doc:"Whether an earlier program had begun the fit, and was ended in the middle of it."`
	Error   string       `json:"error,omitzero"`
	Result  *FitResponse `json:"result,omitzero" doc:"Present once the fit has succeeded."`
	Serve   bool         `json:"serve,omitzero" doc:"Nothing is fitted: the stored model of this fit is put into service."`
}

// ServeResponse is the answer of a master that was asked to put a stored model into service.
type ServeResponse struct {
	ID      string   `json:"id" doc:"The model."`
	State   string   `json:"state" enum:"serving,started" doc:"started if the caller did not wait."`
	Before  string   `json:"before,omitzero" doc:"The model that was in service before; absent if there was none."`
	Seconds float64  `json:"seconds"`
	Notes   []string `json:"notes,omitzero" doc:"What to know, such as that it will not be in service after a restart."`
}

// ServingModel is the model in service.
type ServingModel struct {
	ID        string    `json:"id"`
	Created   time.Time `json:"created"`
	Restoring bool      `json:"restoring" doc:"Whether it comes from the store and some workers do not hold it yet."`
}

// AttachRequest attaches a score to a stored model.
type AttachRequest struct {
	Name   string        `json:"name" minLength:"1" maxLength:"200" doc:"Of the held-out rows, such as their file." example:"test_data/X_test.csv"`
	Result ScoreResponse `json:"result" doc:"What score answered."`
}

// PredictResponse is the answer of a master's predict.
type PredictResponse struct {
	Y          YRows           `json:"y_pred_rows" doc:"The value, or first component; the probability of the second of two classes, or else the label."`
	Labels     Labels          `json:"y_pred_labels,omitzero" doc:"Classifiers: the label. Clusterers: the number of the cluster."`
	Proba      ProbaRows       `json:"y_pred_proba,omitzero" doc:"Classifiers: one probability per class, or per cluster."`
	Components ProbaRows       `json:"y_pred_components,omitzero" doc:"Decompositions: one number per component, the most important first."`
	Classes    []learner.Label `json:"classes,omitzero"`
	FitID      string          `json:"fit_id,omitzero"`
	Workers    []string        `json:"workers,omitzero" doc:"The workers whose answers were combined."`
	Failures   []WorkerFailure `json:"failures,omitzero" doc:"The workers that did not answer, and why."`
	Notes      []string        `json:"notes,omitzero" doc:"What to know of the rows, such as that columns were ignored that the model does not have."`
}

// ScoreRequest is the body of a master's score: rows as in predict, and the truth.
type ScoreRequest struct {
	PredictRequest
	Truth []learner.Label `json:"y_true,omitzero" doc:"One label or number per row. Not needed for clusters, and of no use for a decomposition."`
}

// ScoreResponse is the answer of a master's score.
type ScoreResponse struct {
	Task           learner.Task            `json:"task"`
	Rows           int                     `json:"rows"`
	Classification *metrics.Classification `json:"classification,omitzero"`
	Regression     *metrics.Regression     `json:"regression,omitzero"`
	Clustering     *metrics.Clustering     `json:"clustering,omitzero"`
	Decomposition  *metrics.Decomposition  `json:"decomposition,omitzero"`
	Baseline       float64                 `json:"baseline" doc:"Accuracy of predicting the training rows' majority class, or R2 of their mean; or 0."`
	Members        []WorkerScore           `json:"members" nullable:"false" doc:"The score of each worker's own model."`
	FitID          string                  `json:"fit_id,omitzero"`
	Failures       []WorkerFailure         `json:"failures,omitzero"`
	Notes          []string                `json:"notes,omitzero" doc:"What to know of the rows, as in a prediction."`
}

// WorkerScore is the score of one worker's own model.
type WorkerScore struct {
	Worker string  `json:"worker"`
	Score  float64 `json:"score" doc:"Accuracy or R2."`
}
