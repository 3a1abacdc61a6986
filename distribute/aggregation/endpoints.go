package aggregation

import (
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/endpoint"
)

// The operations of a worker. Fit and predict are also the Python package's, in JSON.
var (
	Fit     = endpoint.Post[FitRequest, FitResponse](PathFit, "Fit the worker's learner on its rows")
	Commit  = endpoint.Post[api.CommitRequest, api.CommitResponse](PathCommit, "Serve the model of a fit")
	Discard = endpoint.Post[api.CommitRequest, api.CommitResponse](PathDiscard, "Forget the model of a fit")
	Predict = endpoint.PostFrame[api.PredictFrame, api.PredictedFrame](PathPredict, "Predict with the worker's model")

	PythonPredict = endpoint.Post[api.PredictRequest, PredictResponse](PathPredict, "Predict, as the Python package has it")
)
