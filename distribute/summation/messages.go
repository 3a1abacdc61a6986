package summation

import (
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/learner"
)

// BeginFrame is the request to take part in a fit; it has no arrays.
type BeginFrame struct {
	FitID    string          `json:"fit_id"`
	Features []string        `json:"features"`
	Classes  []learner.Label `json:"classes,omitempty"`
	Seed     uint64          `json:"seed,string"`      // of the learner, the same for all
	FirstRow uint64          `json:"first_row,string"` // global id of the worker's first row

	Prepared *endpoint.Prepared `json:"prepared,omitempty"` // how the rows become features; nil if they are
}

// BeginAnswer reports that a worker is ready for rounds.
type BeginAnswer struct {
	FitID   string  `json:"fit_id"`
	Worker  string  `json:"worker"`
	Rows    int     `json:"rows"`
	Seconds float64 `json:"seconds"`
}

// SumFrame is the head of a round; its array is "state": the numbers of the state from Known on. Those before are the same as in the
// state of the round before, which the worker has then.
type SumFrame struct {
	FitID string `json:"fit_id"`
	Round int    `json:"round"` // from 0
	Known int    `json:"known,omitempty"`
}

// SumAnswer is the head of the sums of a round. Its arrays are "counts", and the sums of real numbers as expansions (package learner/exact), one
// after the other in "terms", and their lengths in "lengths".
type SumAnswer struct {
	FitID   string  `json:"fit_id"`
	Round   int     `json:"round"`
	Rows    int     `json:"rows"`    // that were summed over
	Seconds float64 `json:"seconds"` // spent computing
}

// The names of the arrays of SumFrame and SumAnswer.
const (
	ArrayState   = "state"
	ArrayCounts  = "counts"
	ArrayTerms   = "terms"
	ArrayLengths = "lengths"
)

// ModelPart is the name of the one part of a stored model: the master has all of it.
const ModelPart = "master"

// ModelVersion is the version of ModelFrame.
const ModelVersion = 1

// ModelFrame is the head of a model as it is stored: a frame, whose array is "state", the last state of the training.
type ModelFrame struct {
	Version int    `json:"version"`
	FitID   string `json:"fit_id"`
	Learner string `json:"learner"`
	Params  []byte `json:"params"` // of the learner, as they were given
}
