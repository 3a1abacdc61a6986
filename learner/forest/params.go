package forest

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/tree"
)

// The parameters of the four learners differ in their defaults, classifiers have class weights, and random forests have a splitter.

// ClassifierParams are the parameters of forest-classifier.
type ClassifierParams struct {
	NEstimators       int              `json:"n_estimators" default:"100" validate:"gte=1"`
	Criterion         string           `json:"criterion" default:"gini" validate:"oneof=gini entropy log_loss"`
	Splitter          string           `json:"splitter" default:"best" validate:"oneof=best histogram"`
	MaxBins           int              `json:"max_bins" default:"255" validate:"gte=2,lte=255"`
	MaxDepth          int              `json:"max_depth" default:"0" validate:"gte=0"`
	MinSamplesSplit   int              `json:"min_samples_split" default:"2" validate:"gte=2"`
	MinSamplesLeaf    int              `json:"min_samples_leaf" default:"1" validate:"gte=1"`
	MaxFeatures       tree.MaxFeatures `json:"max_features" default:"\"sqrt\""`
	MaxLeafNodes      int              `json:"max_leaf_nodes" default:"0" validate:"gte=0"`
	Bootstrap         bool             `json:"bootstrap" default:"true"`
	OOBScore          bool             `json:"oob_score" default:"false"`
	ClassWeight       string           `json:"class_weight" default:"none" validate:"oneof=none balanced balanced_subsample"`
	FeatureResolution string           `json:"feature_resolution" default:"float32" validate:"oneof=float32 exact"`
}

// RegressorParams are the parameters of forest-regressor.
type RegressorParams struct {
	NEstimators       int              `json:"n_estimators" default:"100" validate:"gte=1"`
	Criterion         string           `json:"criterion" default:"squared_error" validate:"oneof=squared_error absolute_error poisson"`
	Splitter          string           `json:"splitter" default:"best" validate:"oneof=best histogram"`
	MaxBins           int              `json:"max_bins" default:"255" validate:"gte=2,lte=255"`
	MaxDepth          int              `json:"max_depth" default:"0" validate:"gte=0"`
	MinSamplesSplit   int              `json:"min_samples_split" default:"2" validate:"gte=2"`
	MinSamplesLeaf    int              `json:"min_samples_leaf" default:"1" validate:"gte=1"`
	MaxFeatures       tree.MaxFeatures `json:"max_features" default:"1.0"`
	MaxLeafNodes      int              `json:"max_leaf_nodes" default:"0" validate:"gte=0"`
	Bootstrap         bool             `json:"bootstrap" default:"true"`
	OOBScore          bool             `json:"oob_score" default:"false"`
	FeatureResolution string           `json:"feature_resolution" default:"float32" validate:"oneof=float32 exact"`
}

// ExtraTreesClassifierParams are the parameters of extra-trees-classifier.
type ExtraTreesClassifierParams struct {
	NEstimators       int              `json:"n_estimators" default:"100" validate:"gte=1"`
	Criterion         string           `json:"criterion" default:"gini" validate:"oneof=gini entropy log_loss"`
	MaxDepth          int              `json:"max_depth" default:"0" validate:"gte=0"`
	MinSamplesSplit   int              `json:"min_samples_split" default:"2" validate:"gte=2"`
	MinSamplesLeaf    int              `json:"min_samples_leaf" default:"1" validate:"gte=1"`
	MaxFeatures       tree.MaxFeatures `json:"max_features" default:"\"sqrt\""`
	MaxLeafNodes      int              `json:"max_leaf_nodes" default:"0" validate:"gte=0"`
	Bootstrap         bool             `json:"bootstrap" default:"false"`
	OOBScore          bool             `json:"oob_score" default:"false"`
	ClassWeight       string           `json:"class_weight" default:"none" validate:"oneof=none balanced balanced_subsample"`
	FeatureResolution string           `json:"feature_resolution" default:"float32" validate:"oneof=float32 exact"`
}

// ExtraTreesRegressorParams are the parameters of extra-trees-regressor.
type ExtraTreesRegressorParams struct {
	NEstimators       int              `json:"n_estimators" default:"100" validate:"gte=1"`
	Criterion         string           `json:"criterion" default:"squared_error" validate:"oneof=squared_error absolute_error poisson"`
	MaxDepth          int              `json:"max_depth" default:"0" validate:"gte=0"`
	MinSamplesSplit   int              `json:"min_samples_split" default:"2" validate:"gte=2"`
	MinSamplesLeaf    int              `json:"min_samples_leaf" default:"1" validate:"gte=1"`
	MaxFeatures       tree.MaxFeatures `json:"max_features" default:"1.0"`
	MaxLeafNodes      int              `json:"max_leaf_nodes" default:"0" validate:"gte=0"`
	Bootstrap         bool             `json:"bootstrap" default:"false"`
	OOBScore          bool             `json:"oob_score" default:"false"`
	FeatureResolution string           `json:"feature_resolution" default:"float32" validate:"oneof=float32 exact"`
}

// forClasses is the parameters as those of a classifier.
func (p RegressorParams) forClasses() ClassifierParams {
	return ClassifierParams{
		NEstimators: p.NEstimators, Criterion: p.Criterion, Splitter: p.Splitter, MaxBins: p.MaxBins, MaxDepth: p.MaxDepth,
		MinSamplesSplit: p.MinSamplesSplit, MinSamplesLeaf: p.MinSamplesLeaf, MaxFeatures: p.MaxFeatures, MaxLeafNodes: p.MaxLeafNodes,
		Bootstrap: p.Bootstrap, OOBScore: p.OOBScore, FeatureResolution: p.FeatureResolution,
	}
}

// forForests is the parameters as those of a random forest.
func (p ExtraTreesClassifierParams) forForests() ClassifierParams {
	return ClassifierParams{
		NEstimators: p.NEstimators, Criterion: p.Criterion, MaxDepth: p.MaxDepth, MinSamplesSplit: p.MinSamplesSplit, MinSamplesLeaf: p.MinSamplesLeaf,
		MaxFeatures: p.MaxFeatures, MaxLeafNodes: p.MaxLeafNodes, Bootstrap: p.Bootstrap, OOBScore: p.OOBScore, ClassWeight: p.ClassWeight,
		FeatureResolution: p.FeatureResolution,
	}
}

// forForests is the parameters as those of a random forest.
func (p ExtraTreesRegressorParams) forForests() RegressorParams {
	return RegressorParams{
		NEstimators: p.NEstimators, Criterion: p.Criterion, MaxDepth: p.MaxDepth, MinSamplesSplit: p.MinSamplesSplit, MinSamplesLeaf: p.MinSamplesLeaf,
		MaxFeatures: p.MaxFeatures, MaxLeafNodes: p.MaxLeafNodes, Bootstrap: p.Bootstrap, OOBScore: p.OOBScore, FeatureResolution: p.FeatureResolution,
	}
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
