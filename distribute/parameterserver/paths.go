package parameterserver

// Paths of a worker of a parameter server. The first two are the Python package's.
const (
	PathSample  = "/v1/chimera/sgd/request-data-sample"
	PathStep    = "/v1/chimera/sgd/fit-step"
	PathMoments = "/v1/chimera/sgd/moments"
	PathBegin   = "/v1/chimera/sgd/begin"
	PathEnd     = "/v1/chimera/sgd/end"
)
