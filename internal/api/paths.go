package api

// Paths of every node.
const (
	PathHealth = "/v1/chimera/health" // alive
	PathReady  = "/v1/chimera/ready"  // able to work
	PathStatus = "/v1/chimera/status"
)

// PathSchema is a worker's answer to what its rows look like.
const PathSchema = "/v1/chimera/schema"

// Paths of a model worker. Fit and predict are the Python package's.
const (
	PathModelFit     = "/v1/chimera/model/fit"
	PathModelPredict = "/v1/chimera/model/predict"
	PathModelCommit  = "/v1/chimera/model/commit"
	PathModelDiscard = "/v1/chimera/model/discard"
)

// Paths of every master.
const (
	PathLearners  = "/v1/chimera/learners"
	PathFit       = "/v1/chimera/fit" // the fit job: GET its state, DELETE cancels
	PathFitEvents = "/v1/chimera/fit/events"
)

// Paths of the aggregation master. Fit and predict are the Python package's.
const (
	PathAggregationFit     = "/v1/chimera/aggregation/fit"
	PathAggregationPredict = "/v1/chimera/aggregation/predict"
	PathAggregationScore   = "/v1/chimera/aggregation/score"
)

// Announcement precedes the address on the line that a worker prints to
// standard output as soon as it listens.
const Announcement = "CHIMERA-WORKER-LISTENING "
