package parameterserver

import (
	"fmt"

	"github.com/gochimera/chimera/distribute"
)

// Mode is what one step of the parameter server is.
type Mode string

// The modes.
const (
	FullMode      Mode = "full"
	MinibatchMode Mode = "minibatch"
	LocalMode     Mode = "local"
)

// The ways to weigh workers, and to make one gradient of theirs.
const (
	WeightRows    = "rows"
	WeightUniform = "uniform"

	AggregateMean        = "mean"
	AggregateMedian      = "median"
	AggregateTrimmedMean = "trimmed_mean"
)

// Settings are the section parameter_server of chimera.yaml. The names are
// scikit-learn's where it has the thing.
type Settings struct {
	Mode               Mode    `yaml:"mode" default:"full" validate:"oneof=full minibatch local" doc:"a step is one gradient on all rows, on batch_size rows of each worker, or local_epochs of descent on each worker and the mean of their parameters (federated averaging)"`
	BatchSize          int     `yaml:"batch_size" default:"0" validate:"gte=0" doc:"rows of a mini-batch on each worker; 0 is 32 with mode minibatch, and all rows with mode local, which makes a local epoch one step"`
	LocalEpochs        int     `yaml:"local_epochs" default:"1" validate:"gte=1" doc:"epochs on each worker before their parameters are averaged, with mode local"`
	Weighting          string  `yaml:"weighting" default:"rows" validate:"oneof=rows uniform" doc:"whether a worker counts by its rows, or as much as any other"`
	Aggregation        string  `yaml:"aggregation" default:"mean" validate:"oneof=mean median trimmed_mean" doc:"how the workers' gradients become one, number by number; median and trimmed_mean withstand a worker that lies, and count all workers alike"`
	Trim               int     `yaml:"trim" default:"1" validate:"gte=0" doc:"how many of the largest and of the smallest answers trimmed_mean leaves out"`
	Optimiser          string  `yaml:"optimiser" default:"sgd" validate:"oneof=sgd momentum nesterov adagrad adam" doc:"how the master steps; with mode local it is sgd"`
	Momentum           float64 `yaml:"momentum" default:"0.9" validate:"gte=0,lt=1" doc:"of momentum and nesterov"`
	Beta1              float64 `yaml:"beta_1" default:"0.9" validate:"gte=0,lt=1" doc:"of adam: decay of the mean gradient"`
	Beta2              float64 `yaml:"beta_2" default:"0.999" validate:"gte=0,lt=1" doc:"of adam: decay of the mean square"`
	OptimiserEpsilon   float64 `yaml:"optimiser_epsilon" default:"1e-8" validate:"gt=0" doc:"of adagrad and adam: keeps the division defined"`
	LearningRate       string  `yaml:"learning_rate" default:"constant" validate:"oneof=constant invscaling optimal step cosine" doc:"how the learning rate goes on from step to step (optimal: from row to row)"`
	Eta0               float64 `yaml:"eta0" default:"0.1" validate:"gt=0" doc:"learning rate at the start; optimal does not use it"`
	PowerT             float64 `yaml:"power_t" default:"0.25" validate:"gte=0" doc:"exponent of invscaling"`
	StepSize           int     `yaml:"step_size" default:"100" validate:"gte=1" doc:"steps after which learning_rate: step multiplies by gamma"`
	Gamma              float64 `yaml:"gamma" default:"0.5" validate:"gt=0,lte=1" doc:"what learning_rate: step multiplies by"`
	Penalty            string  `yaml:"penalty" default:"l2" validate:"oneof=none l2 l1 elasticnet" doc:"penalty on the coefficients, added to the mean loss; intercepts have none"`
	Alpha              float64 `yaml:"alpha" default:"0.0001" validate:"gte=0" doc:"strength of the penalty"`
	L1Ratio            float64 `yaml:"l1_ratio" default:"0.15" validate:"gte=0,lte=1" doc:"share of l1 in elasticnet"`
	MaxIter            int     `yaml:"max_iter" default:"1000" validate:"gte=1" doc:"most steps (with mode local: rounds)"`
	Tol                float64 `yaml:"tol" default:"1e-6" validate:"gte=0" doc:"an epoch whose loss is not lower than the best by this much is no improvement"`
	NIterNoChange      int     `yaml:"n_iter_no_change" default:"5" validate:"gte=0" doc:"epochs without improvement before it stops; 0 goes on to max_iter"`
	Epsilon            float64 `yaml:"epsilon" default:"0" validate:"gte=0" doc:"stop when the norm of the gradient, penalty included, is not larger (with mode local: that of a round's update); 0 is never"`
	MaxGradientNorm    float64 `yaml:"max_gradient_norm" default:"0" validate:"gte=0" doc:"gradients are scaled down to this norm; 0 is no limit"`
	Standardize        bool    `yaml:"standardize" default:"true" doc:"whether features are brought to mean 0 and variance 1, by moments merged over the workers"`
	WarmStart          bool    `yaml:"warm_start" default:"false" doc:"whether a fit goes on from the model that serves"`
	EarlyStopping      bool    `yaml:"early_stopping" default:"false" doc:"whether each worker holds validation_fraction of its rows out, and improvement is theirs; the best parameters are kept"`
	ValidationFraction float64 `yaml:"validation_fraction" default:"0.1" validate:"gt=0,lt=1" doc:"share of each worker's rows that early_stopping holds out"`
	Quorum             int     `yaml:"quorum" default:"0" validate:"gte=0" doc:"workers that must answer for a step to count; 0 is all of them. With fewer than all, a worker that is late or down is left out of the step"`
	Wire               string  `yaml:"wire" default:"float64" validate:"oneof=float64 float32" doc:"numbers on the wire; float32 is half the bytes and seven digits"`
}

// Check checks what no single setting can tell, and gives mini-batches a size.
func (s *Settings) Check(p distribute.Project, report func(setting, problem, hint string)) {
	if s.Mode == MinibatchMode && s.BatchSize == 0 {
		s.BatchSize = 32
	}
	if s.Mode == LocalMode && s.Optimiser != "sgd" {
		report("optimiser", "with mode local the workers step, by sgd, and the master averages", "leave it out, or choose mode full or minibatch")
	}
	if s.LearningRate == "optimal" && s.Alpha == 0 {
		report("alpha", "learning_rate optimal is computed from it, so it must be > 0", "")
	}
	if n := p.Workers; s.Quorum > n && n > 0 {
		report("quorum", fmt.Sprintf("want at most the number of workers, which is %d, got %d", n, s.Quorum), "")
	}
	if n := p.Workers; s.Aggregation == AggregateTrimmedMean && 2*s.Trim >= n && n > 0 {
		report("trim", fmt.Sprintf("leaving out %d answers at each end leaves none of %d workers", s.Trim, n), "")
	}
}

var _ distribute.Checker = (*Settings)(nil)
