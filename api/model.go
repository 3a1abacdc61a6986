package api

import (
	"github.com/gochimera/chimera/learner"
)

// WorkerSchema is a worker's answer at PathSchema: a description of its training rows.
type WorkerSchema struct {
	Worker     string          `json:"worker"`
	Learner    string          `json:"learner"`
	ConfigHash string          `json:"config_hash" doc:"Hash of the configuration that its main was generated from."`
	Task       learner.Task    `json:"task"`
	Features   []string        `json:"features" nullable:"false" doc:"Column names, in the order of its file."`
	Rows       int             `json:"rows"`
	Classes    []learner.Label `json:"classes,omitzero" doc:"The labels in its file, sorted."`
	Counts     []int           `json:"class_counts,omitzero" doc:"Number of rows of each class."`
	Mean       float64         `json:"target_mean" doc:"Mean of the target; 0 for a classifier."`
	Protocol   int             `json:"protocol,omitzero" doc:"Version of the protocol between nodes; absent in older programs, which did not send it."`
}

// OutOfBag is a score on the rows that a bootstrap left out (Breiman 1996).
type OutOfBag struct {
	Metric string  `json:"metric" enum:"accuracy,r2"`
	Score  float64 `json:"score"`
	Rows   int     `json:"rows" doc:"Rows scored: at most 2,000 of those left out."`
}

// CommitRequest is the body of PathModelCommit and PathModelDiscard.
type CommitRequest struct {
	FitID string `json:"fit_id" minLength:"1"`
}

// CommitResponse is the answer to both.
type CommitResponse struct {
	FitID     string `json:"fit_id"`
	Committed bool   `json:"committed"`
}

// PredictRequest documents the body of every predict. The body is decoded by wire.DecodePredict, which
// accepts what the Python package accepts.
type PredictRequest struct {
	Columns []string    `json:"X_pred_columns" doc:"Column names; surrounding spaces and case are ignored." example:"[\"a\",\"b\"]"`
	Rows    [][]float64 `json:"X_pred_rows" doc:"One list per row: numbers, numeric strings and booleans; NaN for a missing value." example:"[[1.5,2]]"`
}

// PredictFrame is the head of a predict request in binary form, with one array, X.
type PredictFrame struct {
	FitID   string   `json:"fit_id,omitzero"`
	Columns []string `json:"columns"`
}

// PredictedFrame is the head of its answer in binary form, with one array: "y" (rows) for a regressor,
// "proba" (rows x classes) for a classifier.
type PredictedFrame struct {
	FitID   string          `json:"fit_id,omitzero"`
	Classes []learner.Label `json:"classes,omitzero"`
}
