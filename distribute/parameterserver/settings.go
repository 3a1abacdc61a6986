package parameterserver

import (
	"fmt"

	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/setting"
)

// Mode says what one step of the parameter server is.
type Mode string

// The modes.
const (
	FullMode      Mode = "full"
	MinibatchMode Mode = "minibatch"
	LocalMode     Mode = "local"
)

// The ways to weight workers, and to combine their gradients.
const (
	WeightRows    = "rows"
	WeightUniform = "uniform"

	AggregateMean            = "mean"
	AggregateMedian          = "median"
	AggregateTrimmedMean     = "trimmed_mean"
	AggregateGeometricMedian = "geometric_median"
	AggregateKrum            = "krum"
	AggregateMultiKrum       = "multi_krum"
	AggregateBulyan          = "bulyan"
)

// Settings are the section parameter_server of chimera.yaml. They are named as in scikit-learn where
// it has the same setting.
type Settings struct {
	Mode               Mode    `yaml:"mode" default:"full" validate:"oneof=full minibatch local"`
	BatchSize          int     `yaml:"batch_size" default:"0" validate:"gte=0"`
	LocalEpochs        int     `yaml:"local_epochs" default:"1" validate:"gte=1"`
	Weighting          string  `yaml:"weighting" default:"rows" validate:"oneof=rows uniform"`
	Aggregation        string  `yaml:"aggregation" default:"mean" validate:"oneof=mean median trimmed_mean geometric_median krum multi_krum bulyan"`
	Trim               int     `yaml:"trim" default:"1" validate:"gte=0"`
	Faulty             int     `yaml:"faulty" default:"1" validate:"gte=0"`
	Optimiser          string  `yaml:"solver" formerly:"optimiser" default:"sgd" validate:"oneof=sgd momentum nesterov adagrad adam"`
	Momentum           float64 `yaml:"momentum" default:"0.9" validate:"gte=0,lt=1"`
	Beta1              float64 `yaml:"beta_1" default:"0.9" validate:"gte=0,lt=1"`
	Beta2              float64 `yaml:"beta_2" default:"0.999" validate:"gte=0,lt=1"`
	OptimiserEpsilon   float64 `yaml:"solver_epsilon" formerly:"optimiser_epsilon" default:"1e-8" validate:"gt=0"`
	LearningRate       string  `yaml:"learning_rate" default:"constant" validate:"oneof=constant invscaling optimal step cosine"`
	Eta0               float64 `yaml:"learning_rate_init" formerly:"eta0" default:"0.1" validate:"gt=0"`
	PowerT             float64 `yaml:"power_t" default:"0.25" validate:"gte=0"`
	StepSize           int     `yaml:"step_size" default:"100" validate:"gte=1"`
	Gamma              float64 `yaml:"gamma" default:"0.5" validate:"gt=0,lte=1"`
	Penalty            string  `yaml:"penalty" default:"l2" validate:"oneof=none l2 l1 elasticnet"`
	Alpha              float64 `yaml:"alpha" default:"0.0001" validate:"gte=0"`
	L1Ratio            float64 `yaml:"l1_ratio" default:"0.15" validate:"gte=0,lte=1"`
	MaxIter            int     `yaml:"max_iter" default:"1000" validate:"gte=1"`
	Tol                float64 `yaml:"tol" default:"1e-6" validate:"gte=0"`
	NIterNoChange      int     `yaml:"n_iter_no_change" default:"5" validate:"gte=0"`
	Epsilon            float64 `yaml:"gradient_tol" formerly:"epsilon" default:"0" validate:"gte=0"`
	MaxGradientNorm    float64 `yaml:"max_gradient_norm" default:"0" validate:"gte=0"`
	Standardize        bool    `yaml:"standardize" default:"true"`
	WarmStart          bool    `yaml:"warm_start" default:"false"`
	EarlyStopping      bool    `yaml:"early_stopping" default:"false"`
	ValidationFraction float64 `yaml:"validation_fraction" default:"0.1" validate:"gt=0,lt=1"`
	Quorum             int     `yaml:"quorum" default:"0" validate:"gte=0"`
	Wire               string  `yaml:"wire" default:"float64" validate:"oneof=float64 float32"`

	MaxRecoveries   int              `yaml:"max_recoveries" default:"3" validate:"gte=0,lte=1000"`
	RecoveryTimeout setting.Duration `yaml:"recovery_timeout" default:"60s" validate:"gte=0"`
	CheckpointEvery setting.Period   `yaml:"checkpoint_every" default:"30s"`

	Followed Followed `yaml:"-"`
}

// Check checks what depends on several settings, and sets the default size of mini-batches.
func (s *Settings) Check(p distribute.Project, report func(setting, problem, hint string)) {
	if s.Mode == MinibatchMode && s.BatchSize == 0 {
		s.BatchSize = 32
	}
	if s.Mode == LocalMode && s.Optimiser != "sgd" {
		report("solver", "with mode local the workers step, with sgd, and the master averages", "leave it out, or choose mode full or minibatch")
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
	s.checkFaulty(p, report)
}

// Robust reports whether the workers are combined in a way that a faulty one cannot spoil.
func (s *Settings) Robust() bool { return s.Aggregation != AggregateMean }

// Tolerated is the number of faulty workers that the settings provide for; 0 unless they are robust.
func (s *Settings) Tolerated() int {
	switch s.Aggregation {
	case AggregateMean:
		return 0
	case AggregateTrimmedMean:
		return s.Trim
	default:
		return s.Faulty
	}
}

// needs is the number of answers that an aggregation needs to tolerate so many faulty ones, and that
// number as a formula; 0 if it takes any number.
func needs(aggregation string, faulty int) (answers int, formula string) {
	switch aggregation {
	case AggregateGeometricMedian:
		return 2*faulty + 1, "2*faulty + 1" // the breakdown point is one half (Lopuhaä, Rousseeuw 1991)
	case AggregateKrum, AggregateMultiKrum:
		return 2*faulty + 3, "2*faulty + 3" // Blanchard et al. 2017, section 3
	case AggregateBulyan:
		return 4*faulty + 3, "4*faulty + 3" // El Mhamdi et al. 2018, section 4
	default:
		return 0, ""
	}
}

// Least is the number of workers that a step needs, and the setting that says so.
func (s *Settings) Least() (workers int, why string) {
	workers, why = 1, "a fit needs rows"
	if least, formula := needs(s.Aggregation, s.Faulty); least > workers {
		workers, why = least, fmt.Sprintf("parameter_server.aggregation: %s with faulty: %d needs %s", s.Aggregation, s.Faulty, formula)
	}
	if least := 2*s.Trim + 1; s.Aggregation == AggregateTrimmedMean && least > workers {
		workers, why = least, fmt.Sprintf("parameter_server.trim: %d leaves out as many answers at each end", s.Trim)
	}
	if s.Quorum > workers {
		workers, why = s.Quorum, fmt.Sprintf("parameter_server.quorum: %d", s.Quorum)
	}
	return workers, why
}

// checkFaulty refuses an aggregation that has too few answers for the faulty workers it shall
// tolerate: at each step there may be no more than the quorum.
func (s *Settings) checkFaulty(p distribute.Project, report func(setting, problem, hint string)) {
	least, formula := needs(s.Aggregation, s.Faulty)
	const hint = "add workers, lower faulty, or choose median or trimmed_mean"
	switch n := p.Workers; {
	case n > 0 && n < least:
		report("aggregation", fmt.Sprintf("%s with faulty: %d needs %s = %d workers, because fewer honest ones can be outvoted; there are %d",
			s.Aggregation, s.Faulty, formula, least, n), hint)
	case s.Quorum > 0 && s.Quorum < least:
		report("quorum", fmt.Sprintf("%s with faulty: %d needs the answers of %s = %d workers at every step, got %d",
			s.Aggregation, s.Faulty, formula, least, s.Quorum), "raise it, or lower faulty")
	}
}

var _ distribute.Checker = (*Settings)(nil)
