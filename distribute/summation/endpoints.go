package summation

import (
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
)

// The operations of a worker.
var (
	Begin = endpoint.PostFrame[BeginFrame, BeginAnswer](PathBegin, "Take part in a fit").Slow()
	Sum   = endpoint.PostFrame[SumFrame, SumAnswer](PathSum, "The sums over the worker's rows that a state asks for").Slow()
	End   = endpoint.Post[api.CommitRequest, api.CommitResponse](PathEnd, "Forget a fit")
)
