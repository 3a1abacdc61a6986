package tree

import "github.com/gochimera/chimera/learner"

// ClassifierParams are the parameters of tree-classifier, named as in
// scikit-learn.
type ClassifierParams struct {
	Criterion           string      `json:"criterion" default:"gini" validate:"oneof=gini entropy log_loss"`
	Splitter            string      `json:"splitter" default:"best" validate:"oneof=best histogram"`
	MaxBins             int         `json:"max_bins" default:"255" validate:"gte=2,lte=255"`
	MaxDepth            int         `json:"max_depth" default:"0" validate:"gte=0"`
	MinSamplesSplit     int         `json:"min_samples_split" default:"2" validate:"gte=2"`
	MinSamplesLeaf      int         `json:"min_samples_leaf" default:"1" validate:"gte=1"`
	MaxLeafNodes        int         `json:"max_leaf_nodes" default:"0" validate:"gte=0"`
	MaxFeatures         MaxFeatures `json:"max_features" default:"\"all\""`
	MinImpurityDecrease float64     `json:"min_impurity_decrease" default:"0" validate:"gte=0"`
	CCPAlpha            float64     `json:"ccp_alpha" default:"0" validate:"gte=0"`
	ClassWeight         string      `json:"class_weight" default:"none" validate:"oneof=none balanced"`
	FeatureResolution   string      `json:"feature_resolution" default:"float32" validate:"oneof=float32 exact"`
}

// RegressorParams are the parameters of tree-regressor, named as in
// scikit-learn.
type RegressorParams struct {
	Criterion           string      `json:"criterion" default:"squared_error" validate:"oneof=squared_error absolute_error poisson"`
	Splitter            string      `json:"splitter" default:"best" validate:"oneof=best histogram"`
	MaxBins             int         `json:"max_bins" default:"255" validate:"gte=2,lte=255"`
	MaxDepth            int         `json:"max_depth" default:"0" validate:"gte=0"`
	MinSamplesSplit     int         `json:"min_samples_split" default:"2" validate:"gte=2"`
	MinSamplesLeaf      int         `json:"min_samples_leaf" default:"1" validate:"gte=1"`
	MaxLeafNodes        int         `json:"max_leaf_nodes" default:"0" validate:"gte=0"`
	MaxFeatures         MaxFeatures `json:"max_features" default:"\"all\""`
	MinImpurityDecrease float64     `json:"min_impurity_decrease" default:"0" validate:"gte=0"`
	CCPAlpha            float64     `json:"ccp_alpha" default:"0" validate:"gte=0"`
	FeatureResolution   string      `json:"feature_resolution" default:"float32" validate:"oneof=float32 exact"`
}

// histogram is the splitter whose thresholds come between bins.
const histogram = "histogram"

// forClasses is the parameters as those of a classifier, which has class weights beside them.
func (p RegressorParams) forClasses() ClassifierParams {
	return ClassifierParams{
		Criterion: p.Criterion, Splitter: p.Splitter, MaxBins: p.MaxBins, MaxDepth: p.MaxDepth, MinSamplesSplit: p.MinSamplesSplit,
		MinSamplesLeaf: p.MinSamplesLeaf, MaxLeafNodes: p.MaxLeafNodes,
		MaxFeatures: p.MaxFeatures, MinImpurityDecrease: p.MinImpurityDecrease, CCPAlpha: p.CCPAlpha, FeatureResolution: p.FeatureResolution,
	}
}

// growth turns the parameters into the rules for one tree over n features.
func (p ClassifierParams) growth(n int, env learner.Env) (Growth, error) {
	drawn, err := p.MaxFeatures.Of(n)
	return Growth{
		Criterion: Criterion(p.Criterion), MaxDepth: p.MaxDepth, MinSamplesSplit: p.MinSamplesSplit, MinSamplesLeaf: p.MinSamplesLeaf,
		MaxLeafNodes: p.MaxLeafNodes, MaxFeatures: drawn, MinImpurityDecrease: p.MinImpurityDecrease, CCPAlpha: p.CCPAlpha,
		Seed: learner.Seed(env.Seed, "tree"), Procs: env.Procs,
	}, err
}
