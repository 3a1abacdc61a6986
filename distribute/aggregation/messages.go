package aggregation

import (
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
)

// FitRequest is the body of PathFit. The Python package sends none;
// then the worker fits on its own classes and serves the model at once.
type FitRequest struct {
	FitID   string          `json:"fit_id,omitzero" doc:"With it the model is staged until it is committed."`
	Classes []learner.Label `json:"classes,omitzero" doc:"The classes of all workers, sorted; default: those of its rows."`
}

// FitResponse is the answer of PathFit.
type FitResponse struct {
	Fit      string        `json:"fit" enum:"ok"`
	FitID    string        `json:"fit_id,omitzero"`
	Worker   string        `json:"worker,omitzero"`
	Rows     int           `json:"rows,omitzero" doc:"Training rows (before the bootstrap)."`
	Seconds  float64       `json:"seconds,omitzero" doc:"Seconds fitting, without loading."`
	OutOfBag *api.OutOfBag `json:"out_of_bag,omitzero" doc:"Only after a bootstrap."`
}

// PredictResponse is a worker's JSON answer to a predict.
type PredictResponse struct {
	Y       api.Floats      `json:"y_pred_rows" doc:"The value, or for a classifier the probability of the second class."`
	Labels  api.Labels      `json:"y_pred_labels,omitzero" doc:"Classifiers: the most probable class."`
	Proba   api.ProbaRows   `json:"y_pred_proba,omitzero" doc:"Classifiers: one probability a class."`
	Classes []learner.Label `json:"classes,omitzero"`
	FitID   string          `json:"fit_id,omitzero"`
}
