package pipeline

import "github.com/gochimera/chimera/internal/setting"

// Settings are the section pipeline of chimera.yaml. They are named as in scikit-learn's MLPClassifier
// where it has the same setting.
type Settings struct {
	Schedule           string           `yaml:"schedule" default:"1f1b" validate:"oneof=1f1b gpipe"`
	MicroBatches       int              `yaml:"micro_batches" default:"4" validate:"gte=1,lte=1024"`
	BatchSize          int              `yaml:"batch_size" default:"200" validate:"gte=1"`
	Solver             string           `yaml:"solver" default:"adam" validate:"oneof=sgd momentum nesterov adagrad adam adamw"`
	Alpha              float64          `yaml:"alpha" default:"0.0001" validate:"gte=0"`
	LearningRateInit   float64          `yaml:"learning_rate_init" default:"0.001" validate:"gt=0"`
	LearningRate       string           `yaml:"learning_rate" default:"constant" validate:"oneof=constant invscaling step cosine adaptive"`
	PowerT             float64          `yaml:"power_t" default:"0.5" validate:"gte=0"`
	StepSize           int              `yaml:"step_size" default:"50" validate:"gte=1"`
	Gamma              float64          `yaml:"gamma" default:"0.1" validate:"gt=0,lte=1"`
	Momentum           float64          `yaml:"momentum" default:"0.9" validate:"gte=0,lt=1"`
	Beta1              float64          `yaml:"beta_1" default:"0.9" validate:"gte=0,lt=1"`
	Beta2              float64          `yaml:"beta_2" default:"0.999" validate:"gte=0,lt=1"`
	Epsilon            float64          `yaml:"solver_epsilon" formerly:"epsilon" default:"1e-8" validate:"gt=0"`
	MaxGradientNorm    float64          `yaml:"max_gradient_norm" default:"0" validate:"gte=0"`
	MaxIter            int              `yaml:"max_iter" default:"200" validate:"gte=1"`
	Tol                float64          `yaml:"tol" default:"0.0001" validate:"gte=0"`
	NIterNoChange      int              `yaml:"n_iter_no_change" default:"10" validate:"gte=0"`
	EarlyStopping      bool             `yaml:"early_stopping" default:"false"`
	ValidationFraction float64          `yaml:"validation_fraction" default:"0.1" validate:"gt=0,lt=1"`
	Shuffle            bool             `yaml:"shuffle" default:"true"`
	Standardize        bool             `yaml:"standardize" default:"true"`
	CheckpointEvery    setting.Period   `yaml:"checkpoint_every" default:"10 epochs"`
	MaxRecoveries      int              `yaml:"max_recoveries" default:"3" validate:"gte=0,lte=1000"`
	RecoveryTimeout    setting.Duration `yaml:"recovery_timeout" default:"60s" validate:"gte=0"`
}
