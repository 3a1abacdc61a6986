package summation

// Paths of a worker that sums over its rows.
const (
	PathBegin = "/v1/chimera/sum/begin"
	PathSum   = "/v1/chimera/sum/sum"
	PathEnd   = "/v1/chimera/sum/end"
)
