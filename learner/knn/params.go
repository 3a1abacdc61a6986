package knn

import "github.com/gochimera/chimera/learner"

// Params are the parameters of both learners.
type Params struct {
	NNeighbors int     `json:"n_neighbors" default:"5" validate:"gte=1" doc:"neighbours that are asked; all rows if there are fewer"`
	Weights    string  `json:"weights" default:"uniform" validate:"oneof=uniform distance" doc:"what a neighbour's voice is worth: uniform is 1, distance is 1 / its distance (those at distance 0 outvote all others)"`
	Algorithm  string  `json:"algorithm" default:"auto" validate:"oneof=auto brute kd_tree" doc:"how neighbours are found; the answers are the same, auto takes what is faster"`
	LeafSize   int     `json:"leaf_size" default:"30" validate:"gte=1" doc:"most rows in a leaf of the kd-tree; below 4 counts as 4"`
	Metric     string  `json:"metric" default:"minkowski" validate:"oneof=euclidean manhattan minkowski cosine" doc:"the distance between two rows"`
	P          float64 `json:"p" default:"2" validate:"gte=1" doc:"the power of the minkowski metric: 1 is manhattan, 2 is euclidean"`
}

// The values of Params.Weights, Params.Algorithm and Params.Metric.
const (
	uniform  = "uniform"
	distance = "distance"

	auto   = "auto"
	brute  = "brute"
	kdTree = "kd_tree"

	euclidean = "euclidean"
	manhattan = "manhattan"
	minkowski = "minkowski"
	cosine    = "cosine"
)

// check refuses what the validate tags refuse, for callers that do not come
// through the registry.
func (p Params) check() error {
	switch {
	case p.NNeighbors < 1:
		return &learner.ParamError{Param: "n_neighbors", Reason: "must be at least 1"}
	case p.Weights != uniform && p.Weights != distance:
		return &learner.ParamError{Param: "weights", Reason: "must be uniform or distance"}
	case p.Algorithm != auto && p.Algorithm != brute && p.Algorithm != kdTree:
		return &learner.ParamError{Param: "algorithm", Reason: "must be auto, brute or kd_tree"}
	case p.LeafSize < 1:
		return &learner.ParamError{Param: "leaf_size", Reason: "must be at least 1"}
	case p.Metric != euclidean && p.Metric != manhattan && p.Metric != minkowski && p.Metric != cosine:
		return &learner.ParamError{Param: "metric", Reason: "must be euclidean, manhattan, minkowski or cosine"}
	case !(p.P >= 1):
		return &learner.ParamError{Param: "p", Reason: "must be at least 1"}
	}
	return nil
}
