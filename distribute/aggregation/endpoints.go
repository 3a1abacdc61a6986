package aggregation

import (
	"encoding/json"
	"net/http"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
)

// The operations of a worker. The Python package also has fit and predict, in JSON.
var (
	Fit     = endpoint.Post[FitRequest, FitResponse](PathFit, "Fit the worker's learner on its rows").Slow()
	Commit  = endpoint.Post[api.CommitRequest, api.CommitResponse](PathCommit, "Serve the model of a fit")
	Discard = endpoint.Post[api.CommitRequest, api.CommitResponse](PathDiscard, "Forget the model of a fit")
	Predict = endpoint.PostFrame[api.PredictFrame, api.PredictedFrame](PathPredict, "Predict with the worker's model")

	Explain = endpoint.PostFrame[ExplainRequest, ExplainAnswer](PathExplain, "What the worker's learner tells of what it has learned")
	// Snapshot hands out a model that can be stored, and Restore takes it back: the same frame.
	Snapshot = endpoint.Endpoint[SnapshotRequest, ModelFrame]{
		Method: http.MethodGet, Path: PathSnapshot, Form: endpoint.Frame, Summary: "The worker's model of a fit, to be stored",
	}
	Restore = endpoint.PostFrame[ModelFrame, api.CommitResponse](PathSnapshot, "Take a stored model back").Slow()

	PythonPredict = endpoint.Post[api.PredictRequest, PredictResponse](PathPredict, "Predict, as in the Python package")
)

// PythonFit is Fit for a worker of the Python package: without a body, so that the model is in service
// at once.
var PythonFit = endpoint.Endpoint[endpoint.None, FitResponse]{Method: http.MethodPost, Path: PathFit, Long: true}

// PythonAnswer is PythonPredict as answered by a worker of the Python package: with one number per
// row, which for a classifier is the probability of the second class.
var PythonAnswer = endpoint.Post[json.RawMessage, PythonPredicted](PathPredict, "")

// PythonPredicted is its answer.
type PythonPredicted struct {
	Y api.Floats `json:"y_pred_rows"`
}
