package boosting

import (
	"math"

	"github.com/gochimera/chimera/learner"
)

// Growth are the parameters that both learners have, named as in scikit-learn.
type Growth struct {
	LearningRate        float64     `json:"learning_rate" default:"0.1" validate:"gt=0,lte=1"`
	MaxIter             int         `json:"max_iter" default:"100" validate:"gte=1"`
	MaxLeafNodes        int         `json:"max_leaf_nodes" default:"31" validate:"gte=0"`
	MaxDepth            int         `json:"max_depth" default:"0" validate:"gte=0"`
	MinSamplesLeaf      int         `json:"min_samples_leaf" default:"20" validate:"gte=1"`
	L2Regularization    float64     `json:"l2_regularization" default:"0" validate:"gte=0"`
	MaxBins             int         `json:"max_bins" default:"255" validate:"gte=2,lte=255"`
	MaxFeatures         float64     `json:"max_features" default:"1.0" validate:"gt=0,lte=1"`
	Subsample           float64     `json:"subsample" default:"1.0" validate:"gt=0,lte=1"`
	CategoricalFeatures Features    `json:"categorical_features" default:"[]"`
	MonotonicCst        Constraints `json:"monotonic_cst" default:"[]"`
	GrowPolicy          string      `json:"grow_policy" default:"leafwise" validate:"oneof=leafwise depthwise"`
	EarlyStopping       bool        `json:"early_stopping" default:"false"`
	ValidationFraction  float64     `json:"validation_fraction" default:"0.1" validate:"gt=0,lt=1"`
	NIterNoChange       int         `json:"n_iter_no_change" default:"10" validate:"gte=1"`
	Tol                 float64     `json:"tol" default:"1e-07" validate:"gte=0"`
}

// ClassifierParams are the parameters of boosting-classifier.
type ClassifierParams struct {
	Loss string `json:"loss" default:"log_loss" validate:"oneof=log_loss"`
	Growth
	ClassWeight string `json:"class_weight" default:"none" validate:"oneof=none balanced"`
}

// RegressorParams are the parameters of boosting-regressor.
type RegressorParams struct {
	Loss     string  `json:"loss" default:"squared_error" validate:"oneof=squared_error absolute_error poisson quantile"`
	Quantile float64 `json:"quantile" default:"0.5" validate:"gt=0,lt=1"`
	Growth
}

// trainer is the training of both learners, without what it has learned.
type trainer struct {
	Growth
	task      learner.Task
	loss      lossKind
	quantile  float64 // of the loss "quantile"
	balanced  bool    // classes have equal weights
	depthwise bool
	procs     int
	seed      uint64
	// ahead is which share of the splits that a tree may still have are prepared before it is certain that they come:
	// rounds of sums become fewer, and more is summed. It changes nothing else.
	ahead float64
}

func (p ClassifierParams) trainer(env learner.Env) (*trainer, error) {
	t, err := p.Growth.trainer(learner.Classification, logLoss, env)
	if err != nil {
		return nil, err
	}
	t.balanced = p.ClassWeight == "balanced"
	return t, nil
}

func (p RegressorParams) trainer(env learner.Env) (*trainer, error) {
	t, err := p.Growth.trainer(learner.Regression, lossesOf[p.Loss], env)
	if err != nil {
		return nil, err
	}
	t.quantile = p.Quantile
	return t, nil
}

func (p Growth) trainer(task learner.Task, loss lossKind, env learner.Env) (*trainer, error) {
	if p.MaxLeafNodes == 1 {
		return nil, &learner.ParamError{Param: "max_leaf_nodes", Reason: "a tree with a split has at least 2 leaves; 0 is no limit"}
	}
	if err := p.MonotonicCst.check(); err != nil {
		return nil, &learner.ParamError{Param: "monotonic_cst", Reason: err.Error()}
	}
	if p.MonotonicCst.any() && loss.late() {
		return nil, &learner.ParamError{Param: "monotonic_cst", Reason: "constraints are for the losses squared_error, poisson and log_loss: " +
			"the quantiles that leaves add with other losses would not hold them"}
	}
	return &trainer{
		Growth: p, task: task, loss: loss, depthwise: p.GrowPolicy == "depthwise", procs: max(env.Procs, 1), seed: env.Seed, ahead: aheadOverWorkers,
	}, nil
}

// share is which quantile a leaf adds, of a loss that is late.
func (t *trainer) share() float64 {
	if t.loss == absoluteError {
		return 0.5
	}
	return t.quantile
}

// slopes are how much a loss that is late rises with the distance of a score that is below its target, and above it.
func (t *trainer) slopes() (below, above float64) {
	if t.loss == absoluteError {
		return 1, 1
	}
	return t.quantile, 1 - t.quantile
}

// How much is prepared: where a round is a call of every worker, and where it costs next to nothing.
const (
	aheadOverWorkers = 1
	aheadInProcess   = 0.25
)

// drawn says which columns a node is split by: those whose hashes, by the seed and the way to the node, are the smallest.
// nil is all.
func (t *trainer) drawn(n *node, columns int) []bool {
	if t.MaxFeatures == 1 {
		return nil
	}
	return smallest(learner.Mix(learner.Seed(t.seed, "features")^n.path), columns, max(int(math.Round(t.MaxFeatures*float64(columns))), 1))
}
