package boosting

import "github.com/gochimera/chimera/learner"

// ClassifierParams are the parameters of boosting-classifier, named as in scikit-learn.
type ClassifierParams struct {
	Loss             string  `json:"loss" default:"log_loss" validate:"oneof=log_loss"`
	LearningRate     float64 `json:"learning_rate" default:"0.1" validate:"gt=0,lte=1"`
	MaxIter          int     `json:"max_iter" default:"100" validate:"gte=1"`
	MaxLeafNodes     int     `json:"max_leaf_nodes" default:"31" validate:"gte=0"`
	MaxDepth         int     `json:"max_depth" default:"0" validate:"gte=0"`
	MinSamplesLeaf   int     `json:"min_samples_leaf" default:"20" validate:"gte=1"`
	L2Regularization float64 `json:"l2_regularization" default:"0" validate:"gte=0"`
	MaxBins          int     `json:"max_bins" default:"255" validate:"gte=2,lte=255"`
	GrowPolicy       string  `json:"grow_policy" default:"leafwise" validate:"oneof=leafwise depthwise"`
}

// RegressorParams are the parameters of boosting-regressor, named as in scikit-learn.
type RegressorParams struct {
	Loss             string  `json:"loss" default:"squared_error" validate:"oneof=squared_error"`
	LearningRate     float64 `json:"learning_rate" default:"0.1" validate:"gt=0,lte=1"`
	MaxIter          int     `json:"max_iter" default:"100" validate:"gte=1"`
	MaxLeafNodes     int     `json:"max_leaf_nodes" default:"31" validate:"gte=0"`
	MaxDepth         int     `json:"max_depth" default:"0" validate:"gte=0"`
	MinSamplesLeaf   int     `json:"min_samples_leaf" default:"20" validate:"gte=1"`
	L2Regularization float64 `json:"l2_regularization" default:"0" validate:"gte=0"`
	MaxBins          int     `json:"max_bins" default:"255" validate:"gte=2,lte=255"`
	GrowPolicy       string  `json:"grow_policy" default:"leafwise" validate:"oneof=leafwise depthwise"`
}

// trainer is the training of both learners, without what it has learned.
type trainer struct {
	task       learner.Task
	loss       lossKind
	rate       float64
	iterations int
	leaves     int // of a tree; 0: no limit
	depth      int // 0: no limit
	minLeaf    float64
	l2         float64
	bins       int
	depthwise  bool
	procs      int
	// ahead is which share of the splits that a tree may still have are prepared before it is certain that they come:
	// rounds of sums become fewer, and more is summed. It changes nothing else.
	ahead float64
}

func (p ClassifierParams) trainer(env learner.Env) (*trainer, error) {
	return RegressorParams(p).common(learner.Classification, logLoss, env)
}

func (p RegressorParams) trainer(env learner.Env) (*trainer, error) {
	return p.common(learner.Regression, squaredError, env)
}

func (p RegressorParams) common(task learner.Task, loss lossKind, env learner.Env) (*trainer, error) {
	if p.MaxLeafNodes == 1 {
		return nil, &learner.ParamError{Param: "max_leaf_nodes", Reason: "a tree with a split has at least 2 leaves; 0 is no limit"}
	}
	return &trainer{
		task: task, loss: loss, rate: p.LearningRate, iterations: p.MaxIter, leaves: p.MaxLeafNodes, depth: p.MaxDepth, minLeaf: float64(p.MinSamplesLeaf),
		l2: p.L2Regularization, bins: p.MaxBins, depthwise: p.GrowPolicy == "depthwise", procs: max(env.Procs, 1), ahead: aheadOverWorkers,
	}, nil
}

// How much is prepared: where a round is a call of every worker, and where it costs next to nothing.
const (
	aheadOverWorkers = 1
	aheadInProcess   = 0.25
)
