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

// Paths of a worker of the parameter server. The first two are the Python
// package's.
const (
	PathSGDSample  = "/v1/chimera/sgd/request-data-sample"
	PathSGDStep    = "/v1/chimera/sgd/fit-step"
	PathSGDMoments = "/v1/chimera/sgd/moments"
	PathSGDBegin   = "/v1/chimera/sgd/begin"
	PathSGDEnd     = "/v1/chimera/sgd/end"
)

// Paths of the parameter-server master. Fit and predict are the Python package's.
const (
	PathParameterServerFit          = "/v1/chimera/parameter-server/fit"
	PathParameterServerPredict      = "/v1/chimera/parameter-server/predict"
	PathParameterServerScore        = "/v1/chimera/parameter-server/score"
	PathParameterServerCoefficients = "/v1/chimera/parameter-server/coefficients"
)

// Paths are where a kind of master is asked to fit, to predict and to score.
type Paths struct{ Fit, Predict, Score string }

// PathsOf returns the paths of a kind of master, named as in chimera.yaml.
func PathsOf(master string) Paths {
	switch master {
	case "parameter-server":
		return Paths{PathParameterServerFit, PathParameterServerPredict, PathParameterServerScore}
	case "pipeline":
		return Paths{PathPipelineFit, PathPipelinePredict, PathPipelineScore}
	default:
		return Paths{PathAggregationFit, PathAggregationPredict, PathAggregationScore}
	}
}
