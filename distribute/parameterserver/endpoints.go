package parameterserver

import (
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
)

// The operations of a worker. Sample is the Python package's; so is a step in JSON, which takes a
// FitStepRequest and returns a FitStepResponse at the same path.
var (
	Sample  = endpoint.Get[DataSample](PathSample, "The first rows, from which the Python package's master infers the shape of the model")
	Moments = endpoint.PostFrame[MomentsFrame, MomentsAnswer](PathMoments, "Moments of the worker's rows").Slow()
	Begin   = endpoint.PostFrame[BeginFrame, BeginAnswer](PathBegin, "Take part in a fit").Slow()
	Step    = endpoint.PostFrame[StepFrame, StepAnswer](PathStep, "One step on the worker's rows").Slow()
	End     = endpoint.Post[api.CommitRequest, api.CommitResponse](PathEnd, "Forget a fit")

	PythonStep = endpoint.Post[FitStepRequest, FitStepResponse](PathStep, "One local epoch, as in the Python package")
)

// PythonSample is the part of Sample that our master needs from a worker of the Python package, in
// that package's form: targets may be numbers or strings.
var PythonSample = endpoint.Get[PythonDataSample](PathSample, "")

// PythonDataSample is the answer to PythonSample.
type PythonDataSample struct {
	Columns []string    `json:"X_train_sample_columns"`
	Targets []api.YRows `json:"y_train_sample_rows"`
}
