package parameterserver

import "encoding/json"

// ModelPart is the name of the one part of a stored model: the master has all of it.
const ModelPart = "master"

// ModelVersion is the version of ModelFrame and its arrays.
const ModelVersion = 1

// The arrays of a ModelFrame, beside ArrayParameters.
const (
	ArrayMean  = "mean"
	ArrayScale = "scale"
)

// ModelFrame is the head of a model as it is stored: a frame, with a checksum as in all frames. Its arrays are the
// parameters, on the scale of the training, and, if the features were standardised, the mean and the scale of each.
type ModelFrame struct {
	Version int             `json:"version"`
	FitID   string          `json:"fit_id"`
	Learner string          `json:"learner"`
	Params  json.RawMessage `json:"params"` // of the learner, as they were given
	Blocks  []Block         `json:"blocks"`
}

// Block is learner.Block as it is stored.
type Block struct {
	Name      string `json:"name"`
	Shape     []int  `json:"shape"`
	Penalised bool   `json:"penalised,omitempty"`
}
