package tree

import "github.com/gochimera/chimera/learner"

// ClassifierParams are the parameters of tree-classifier, named as in
// scikit-learn.
type ClassifierParams struct {
	Criterion           string      `json:"criterion" default:"gini" validate:"oneof=gini entropy log_loss" doc:"impurity that a split lowers; log_loss is another name of entropy"`
	MaxDepth            int         `json:"max_depth" default:"0" validate:"gte=0" doc:"levels below the root; 0 is no limit"`
	MinSamplesSplit     int         `json:"min_samples_split" default:"2" validate:"gte=2" doc:"rows that a node must have to be split; rows of weight w count as w"`
	MinSamplesLeaf      int         `json:"min_samples_leaf" default:"1" validate:"gte=1" doc:"rows that each side of a split must have; rows of weight w count as w"`
	MaxLeafNodes        int         `json:"max_leaf_nodes" default:"0" validate:"gte=0" doc:"leaves, the best split made first; 0 is no limit"`
	MaxFeatures         MaxFeatures `json:"max_features" default:"\"all\"" doc:"features drawn at each node: a count, a share written with a point, or all, sqrt, log2"`
	MinImpurityDecrease float64     `json:"min_impurity_decrease" default:"0" validate:"gte=0" doc:"a split must lower the impurity by this, times all rows over the rows of the node"`
	CCPAlpha            float64     `json:"ccp_alpha" default:"0" validate:"gte=0" doc:"cost of a leaf in minimal cost-complexity pruning; 0 is no pruning"`
}

// RegressorParams are the parameters of tree-regressor, named as in
// scikit-learn.
type RegressorParams struct {
	Criterion           string      `json:"criterion" default:"squared_error" validate:"oneof=squared_error" doc:"impurity that a split lowers"`
	MaxDepth            int         `json:"max_depth" default:"0" validate:"gte=0" doc:"levels below the root; 0 is no limit"`
	MinSamplesSplit     int         `json:"min_samples_split" default:"2" validate:"gte=2" doc:"rows that a node must have to be split; rows of weight w count as w"`
	MinSamplesLeaf      int         `json:"min_samples_leaf" default:"1" validate:"gte=1" doc:"rows that each side of a split must have; rows of weight w count as w"`
	MaxLeafNodes        int         `json:"max_leaf_nodes" default:"0" validate:"gte=0" doc:"leaves, the best split made first; 0 is no limit"`
	MaxFeatures         MaxFeatures `json:"max_features" default:"\"all\"" doc:"features drawn at each node: a count, a share written with a point, or all, sqrt, log2"`
	MinImpurityDecrease float64     `json:"min_impurity_decrease" default:"0" validate:"gte=0" doc:"a split must lower the impurity by this, times all rows over the rows of the node"`
	CCPAlpha            float64     `json:"ccp_alpha" default:"0" validate:"gte=0" doc:"cost of a leaf in minimal cost-complexity pruning; 0 is no pruning"`
}

// growth turns the parameters into the rules for one tree over n features. The
// two parameter structs differ in their tags alone.
func (p ClassifierParams) growth(n int, env learner.Env) (Growth, error) {
	drawn, err := p.MaxFeatures.Of(n)
	return Growth{
		Criterion: Criterion(p.Criterion), MaxDepth: p.MaxDepth, MinSamplesSplit: p.MinSamplesSplit, MinSamplesLeaf: p.MinSamplesLeaf,
		MaxLeafNodes: p.MaxLeafNodes, MaxFeatures: drawn, MinImpurityDecrease: p.MinImpurityDecrease, CCPAlpha: p.CCPAlpha,
		Seed: learner.Seed(env.Seed, "tree"), Procs: env.Procs,
	}, err
}
