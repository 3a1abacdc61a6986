package pipeline

// Paths of a worker of the pipeline: a stage.
const (
	PathBegin      = "/v1/chimera/stage/begin"       // take part in a fit
	PathStep       = "/v1/chimera/stage/step"        // process a mini-batch with the neighbours
	PathMove       = "/v1/chimera/stage/move"        // complete a step that was held back
	PathMicroBatch = "/v1/chimera/stage/micro-batch" // from a neighbour
	PathEvaluate   = "/v1/chimera/stage/evaluate"    // score the held-out rows with the neighbours
	PathCheckpoint = "/v1/chimera/stage/checkpoint"  // GET returns the state, POST restores it
	PathFinish     = "/v1/chimera/stage/finish"      // make a model of the trained layers
	PathCommit     = "/v1/chimera/stage/commit"      // forget all models but one
	PathDiscard    = "/v1/chimera/stage/discard"     // forget a fit
	PathPredict    = "/v1/chimera/stage/predict"     // from the master or the previous stage
	PathProgress   = "/v1/chimera/stage/progress"
)
