package pipeline

import (
	"net/http"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
)

// The operations of a stage. A micro-batch comes from a neighbour, and a predict from the master or
// the previous stage; the others come from the master. A stored part may be larger than other bodies,
// so the master streams it.
var (
	Begin      = endpoint.PostFrame[BeginFrame, BeginAnswer](PathBegin, "Take part in a fit").Slow()
	Step       = endpoint.PostFrame[StepFrame, StepAnswer](PathStep, "Process a mini-batch with the neighbours").Slow()
	Move       = endpoint.PostFrame[MoveFrame, api.CommitResponse](PathMove, "Take the step that was held back")
	Evaluate   = endpoint.PostFrame[EvaluateFrame, EvaluateAnswer](PathEvaluate, "Score the held-out rows with the neighbours").Slow()
	MicroBatch = endpoint.PostFrame[MicroBatchFrame, api.CommitResponse](PathMicroBatch, "Receive a micro-batch from a neighbour")
	Finish     = endpoint.Post[FinishRequest, FinishResponse](PathFinish, "Make a model of the trained layers")
	Commit     = endpoint.Post[api.CommitRequest, api.CommitResponse](PathCommit, "Forget all models but one")
	Discard    = endpoint.Post[api.CommitRequest, api.CommitResponse](PathDiscard, "Forget a fit")
	Forward    = endpoint.PostFrame[PredictFrame, api.PredictedFrame](PathPredict, "Send rows through this stage and those behind it")
	Look       = endpoint.Get[Progress](PathProgress, "What the stage is doing")
	Restore    = endpoint.PostFrame[State, api.CommitResponse](PathCheckpoint, "Continue from a stored part").Slow()
	Capture    = endpoint.Endpoint[CaptureRequest, State]{
		Method: http.MethodGet, Path: PathCheckpoint, Form: endpoint.Frame, Summary: "The stage's part of a network",
	}
)
