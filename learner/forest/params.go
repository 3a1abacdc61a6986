package forest

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/tree"
)

// The parameters of the four learners differ in their defaults alone.

// ClassifierParams are the parameters of forest-classifier.
type ClassifierParams struct {
	NEstimators     int              `json:"n_estimators" default:"100" validate:"gte=1" doc:"trees"`
	Criterion       string           `json:"criterion" default:"gini" validate:"oneof=gini entropy log_loss" doc:"impurity that a split lowers; log_loss is another name of entropy"`
	MaxDepth        int              `json:"max_depth" default:"0" validate:"gte=0" doc:"levels below the root; 0 is no limit"`
	MinSamplesSplit int              `json:"min_samples_split" default:"2" validate:"gte=2" doc:"rows that a node must have to be split; rows of weight w count as w"`
	MinSamplesLeaf  int              `json:"min_samples_leaf" default:"1" validate:"gte=1" doc:"rows that each side of a split must have; rows of weight w count as w"`
	MaxFeatures     tree.MaxFeatures `json:"max_features" default:"\"sqrt\"" doc:"features drawn at each node: a count, a share written with a point, or all, sqrt, log2"`
	MaxLeafNodes    int              `json:"max_leaf_nodes" default:"0" validate:"gte=0" doc:"leaves of a tree, the best split made first; 0 is no limit"`
	Bootstrap       bool             `json:"bootstrap" default:"true" doc:"each tree grows from rows drawn with replacement; false: from all rows"`
	OOBScore        bool             `json:"oob_score" default:"false" doc:"compute the score on rows that a tree did not draw; needs bootstrap"`
}

// RegressorParams are the parameters of forest-regressor.
type RegressorParams struct {
	NEstimators     int              `json:"n_estimators" default:"100" validate:"gte=1" doc:"trees"`
	Criterion       string           `json:"criterion" default:"squared_error" validate:"oneof=squared_error" doc:"impurity that a split lowers"`
	MaxDepth        int              `json:"max_depth" default:"0" validate:"gte=0" doc:"levels below the root; 0 is no limit"`
	MinSamplesSplit int              `json:"min_samples_split" default:"2" validate:"gte=2" doc:"rows that a node must have to be split; rows of weight w count as w"`
	MinSamplesLeaf  int              `json:"min_samples_leaf" default:"1" validate:"gte=1" doc:"rows that each side of a split must have; rows of weight w count as w"`
	MaxFeatures     tree.MaxFeatures `json:"max_features" default:"1.0" doc:"features drawn at each node: a count, a share written with a point, or all, sqrt, log2"`
	MaxLeafNodes    int              `json:"max_leaf_nodes" default:"0" validate:"gte=0" doc:"leaves of a tree, the best split made first; 0 is no limit"`
	Bootstrap       bool             `json:"bootstrap" default:"true" doc:"each tree grows from rows drawn with replacement; false: from all rows"`
	OOBScore        bool             `json:"oob_score" default:"false" doc:"compute the score on rows that a tree did not draw; needs bootstrap"`
}

// ExtraTreesClassifierParams are the parameters of extra-trees-classifier.
type ExtraTreesClassifierParams struct {
	NEstimators     int              `json:"n_estimators" default:"100" validate:"gte=1" doc:"trees"`
	Criterion       string           `json:"criterion" default:"gini" validate:"oneof=gini entropy log_loss" doc:"impurity that a split lowers; log_loss is another name of entropy"`
	MaxDepth        int              `json:"max_depth" default:"0" validate:"gte=0" doc:"levels below the root; 0 is no limit"`
	MinSamplesSplit int              `json:"min_samples_split" default:"2" validate:"gte=2" doc:"rows that a node must have to be split; rows of weight w count as w"`
	MinSamplesLeaf  int              `json:"min_samples_leaf" default:"1" validate:"gte=1" doc:"rows that each side of a split must have; rows of weight w count as w"`
	MaxFeatures     tree.MaxFeatures `json:"max_features" default:"\"sqrt\"" doc:"features drawn at each node: a count, a share written with a point, or all, sqrt, log2"`
	MaxLeafNodes    int              `json:"max_leaf_nodes" default:"0" validate:"gte=0" doc:"leaves of a tree, the best split made first; 0 is no limit"`
	Bootstrap       bool             `json:"bootstrap" default:"false" doc:"each tree grows from rows drawn with replacement; false: from all rows"`
	OOBScore        bool             `json:"oob_score" default:"false" doc:"compute the score on rows that a tree did not draw; needs bootstrap"`
}

// ExtraTreesRegressorParams are the parameters of extra-trees-regressor.
type ExtraTreesRegressorParams struct {
	NEstimators     int              `json:"n_estimators" default:"100" validate:"gte=1" doc:"trees"`
	Criterion       string           `json:"criterion" default:"squared_error" validate:"oneof=squared_error" doc:"impurity that a split lowers"`
	MaxDepth        int              `json:"max_depth" default:"0" validate:"gte=0" doc:"levels below the root; 0 is no limit"`
	MinSamplesSplit int              `json:"min_samples_split" default:"2" validate:"gte=2" doc:"rows that a node must have to be split; rows of weight w count as w"`
	MinSamplesLeaf  int              `json:"min_samples_leaf" default:"1" validate:"gte=1" doc:"rows that each side of a split must have; rows of weight w count as w"`
	MaxFeatures     tree.MaxFeatures `json:"max_features" default:"1.0" doc:"features drawn at each node: a count, a share written with a point, or all, sqrt, log2"`
	MaxLeafNodes    int              `json:"max_leaf_nodes" default:"0" validate:"gte=0" doc:"leaves of a tree, the best split made first; 0 is no limit"`
	Bootstrap       bool             `json:"bootstrap" default:"false" doc:"each tree grows from rows drawn with replacement; false: from all rows"`
	OOBScore        bool             `json:"oob_score" default:"false" doc:"compute the score on rows that a tree did not draw; needs bootstrap"`
}

// check refuses what the validate tags cannot.
func (p ClassifierParams) check() error {
	switch {
	case p.NEstimators < 1:
		return &learner.ParamError{Param: "n_estimators", Reason: "must be at least 1"}
	case p.OOBScore && !p.Bootstrap:
		return &learner.ParamError{Param: "oob_score", Reason: "needs bootstrap: without it no row is out of a tree's bag"}
	}
	return nil
}
