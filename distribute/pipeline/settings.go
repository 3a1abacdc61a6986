package pipeline

import "github.com/gochimera/chimera/internal/setting"

// Settings are the section pipeline of chimera.yaml. The names are scikit-learn's
// (MLPClassifier) where it has the thing.
type Settings struct {
	Schedule           string           `yaml:"schedule" default:"1f1b" validate:"oneof=1f1b gpipe" doc:"in which order stages work off micro-batches: 1f1b goes back as soon as it can and holds few activations, gpipe sends all forward and then all back; both compute the same bits"`
	MicroBatches       int              `yaml:"micro_batches" default:"4" validate:"gte=1,lte=1024" doc:"parts of a mini-batch that are in the pipeline at the same time; more of them leave less idle time"`
	BatchSize          int              `yaml:"batch_size" default:"200" validate:"gte=1" doc:"rows of a mini-batch; at most all rows"`
	Solver             string           `yaml:"solver" default:"adam" validate:"oneof=sgd momentum nesterov adagrad adam adamw" doc:"how every stage steps; scikit-learn's sgd is nesterov here"`
	Alpha              float64          `yaml:"alpha" default:"0.0001" validate:"gte=0" doc:"strength of the l2 penalty, divided by the rows of a batch; with adamw the decay of the weights; intercepts have none"`
	LearningRateInit   float64          `yaml:"learning_rate_init" default:"0.001" validate:"gt=0" doc:"learning rate at the start"`
	LearningRate       string           `yaml:"learning_rate" default:"constant" validate:"oneof=constant invscaling step cosine adaptive" doc:"how the learning rate goes on from epoch to epoch; adaptive divides it by 5 each time that n_iter_no_change epochs brought no improvement, and stops at 1e-6"`
	PowerT             float64          `yaml:"power_t" default:"0.5" validate:"gte=0" doc:"invscaling: the rate is divided by (rows seen + 1) to this power"`
	StepSize           int              `yaml:"step_size" default:"50" validate:"gte=1" doc:"step: epochs after which the rate is multiplied by gamma"`
	Gamma              float64          `yaml:"gamma" default:"0.1" validate:"gt=0,lte=1" doc:"step: what the rate is multiplied by"`
	Momentum           float64          `yaml:"momentum" default:"0.9" validate:"gte=0,lt=1" doc:"of momentum and nesterov"`
	Beta1              float64          `yaml:"beta_1" default:"0.9" validate:"gte=0,lt=1" doc:"of adam and adamw: decay of the mean gradient"`
	Beta2              float64          `yaml:"beta_2" default:"0.999" validate:"gte=0,lt=1" doc:"of adam and adamw: decay of the mean square"`
	Epsilon            float64          `yaml:"epsilon" default:"1e-8" validate:"gt=0" doc:"of adagrad, adam and adamw: keeps the division defined"`
	MaxGradientNorm    float64          `yaml:"max_gradient_norm" default:"0" validate:"gte=0" doc:"the gradient of the whole network is scaled down to this norm; 0 is no limit"`
	MaxIter            int              `yaml:"max_iter" default:"200" validate:"gte=1" doc:"most epochs; cosine: the rate is 0 then"`
	Tol                float64          `yaml:"tol" default:"0.0001" validate:"gte=0" doc:"improvement of the loss (of the score with early_stopping) that counts as one"`
	NIterNoChange      int              `yaml:"n_iter_no_change" default:"10" validate:"gte=0" doc:"epochs without improvement after which training ends; 0 goes on to max_iter"`
	EarlyStopping      bool             `yaml:"early_stopping" default:"false" doc:"whether validation_fraction of the rows are held out, improvement is that of the score on them, and the parameters that scored best are kept"`
	ValidationFraction float64          `yaml:"validation_fraction" default:"0.1" validate:"gt=0,lt=1" doc:"share of the rows that early_stopping holds out"`
	Shuffle            bool             `yaml:"shuffle" default:"true" doc:"whether each epoch takes the rows in an order of its own"`
	Standardize        bool             `yaml:"standardize" default:"true" doc:"whether the first stage brings features to mean 0 and variance 1"`
	CheckpointEvery    int              `yaml:"checkpoint_every" default:"10" validate:"gte=0" doc:"epochs after which all stages are stored, so that a fit can go on after one of them was lost; 0 is never, and then it begins again"`
	MaxRecoveries      int              `yaml:"max_recoveries" default:"3" validate:"gte=0,lte=1000" doc:"how often a fit goes on after a stage was lost before it fails"`
	RecoveryTimeout    setting.Duration `yaml:"recovery_timeout" default:"60s" validate:"gte=0" doc:"longest wait for a lost stage to be back; 0 fails at once"`
}
