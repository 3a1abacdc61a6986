package aggregation

import (
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/learner"
)

// FitRequest is the body of PathFit. The Python package sends no body; then the worker fits with its
// own classes and uses the model at once.
type FitRequest struct {
	FitID   string          `json:"fit_id,omitzero" doc:"If given, the model is staged until it is committed."`
	Classes []learner.Label `json:"classes,omitzero" doc:"The classes of all workers, sorted; the default is those of its rows."`

	Prepared *endpoint.Prepared `json:"prepared,omitempty" doc:"How the rows are prepared; by default they are used as they are."`
}

// FitResponse is the answer of PathFit.
type FitResponse struct {
	Fit      string        `json:"fit" enum:"ok"`
	FitID    string        `json:"fit_id,omitzero"`
	Worker   string        `json:"worker,omitzero"`
	Rows     int           `json:"rows,omitzero" doc:"Number of training rows (before the bootstrap)."`
	Seconds  float64       `json:"seconds,omitzero" doc:"Seconds of fitting, without loading."`
	OutOfBag *api.OutOfBag `json:"out_of_bag,omitzero" doc:"Out-of-bag score; only after a bootstrap."`

	Convergence *learner.Convergence `json:"convergence,omitzero" doc:"Of a learner that goes step by step: whether it came as close as its tolerance asks."`
}

// PredictResponse is a worker's JSON answer to a predict.
type PredictResponse struct {
	Y       api.Floats      `json:"y_pred_rows" doc:"The value, or the probability of the second class for a classifier."`
	Labels  api.Labels      `json:"y_pred_labels,omitzero" doc:"Classifiers: the most probable class."`
	Proba   api.ProbaRows   `json:"y_pred_proba,omitzero" doc:"Classifiers: one probability per class."`
	Classes []learner.Label `json:"classes,omitzero"`
	FitID   string          `json:"fit_id,omitzero"`
	Notes   []string        `json:"notes,omitzero" doc:"What to know of the rows, such as that columns were ignored that the model does not have."`
}

// ExplainRequest is the head of a request to PathExplain; it has no arrays.
type ExplainRequest struct {
	FitID string `json:"fit_id,omitzero"` // the default is the model in service
}

// ExplainAnswer is the head of its answer. The arrays are what the learner tells: "importances" (features), and "coef" (outputs x
// features) with "intercept" (outputs). One that tells neither sends none.
type ExplainAnswer struct {
	FitID    string        `json:"fit_id,omitzero"`
	Features []string      `json:"features"` // in the order of the arrays
	OutOfBag *api.OutOfBag `json:"out_of_bag,omitzero"`
}

// The arrays of an ExplainAnswer.
const (
	ArrayImportances = "importances"
	ArrayCoef        = "coef"
	ArrayIntercept   = "intercept"
)
