package aggregation

// Paths of a model worker. Fit and predict are the Python package's.
const (
	PathFit     = "/v1/chimera/model/fit"
	PathPredict = "/v1/chimera/model/predict"
	PathCommit  = "/v1/chimera/model/commit"
	PathDiscard = "/v1/chimera/model/discard"
	PathExplain = "/v1/chimera/model/explain"
	// PathSnapshot returns a model, and takes one back.
	PathSnapshot = "/v1/chimera/model/snapshot"
)
