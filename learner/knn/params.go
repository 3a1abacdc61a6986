package knn

import "github.com/gochimera/chimera/learner"

// Params are the parameters of both learners.
type Params struct {
	NNeighbors int     `json:"n_neighbors" default:"5" validate:"gte=1"`
	Weights    string  `json:"weights" default:"uniform" validate:"oneof=uniform distance"`
	Algorithm  string  `json:"algorithm" default:"auto" validate:"oneof=auto brute kd_tree"`
	LeafSize   int     `json:"leaf_size" default:"30" validate:"gte=1"`
	Metric     string  `json:"metric" default:"minkowski" validate:"oneof=euclidean manhattan minkowski cosine"`
	P          float64 `json:"p" default:"2" validate:"gte=1"`
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
