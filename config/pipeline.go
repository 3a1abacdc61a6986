package config

import (
	"fmt"
	"reflect"
)

// Pipeline is the pipeline master's settings. The names are scikit-learn's
// (MLPClassifier) where it has the thing.
type Pipeline struct {
	Schedule           string   `yaml:"schedule" default:"1f1b" validate:"oneof=1f1b gpipe" doc:"in which order stages work off micro-batches: 1f1b goes back as soon as it can and holds few activations, gpipe sends all forward and then all back; both compute the same bits"`
	MicroBatches       int      `yaml:"micro_batches" default:"4" validate:"gte=1,lte=1024" doc:"parts of a mini-batch that are in the pipeline at the same time; more of them leave less idle time"`
	BatchSize          int      `yaml:"batch_size" default:"200" validate:"gte=1" doc:"rows of a mini-batch; at most all rows"`
	Solver             string   `yaml:"solver" default:"adam" validate:"oneof=sgd momentum nesterov adagrad adam adamw" doc:"how every stage steps; scikit-learn's sgd is nesterov here"`
	Alpha              float64  `yaml:"alpha" default:"0.0001" validate:"gte=0" doc:"strength of the l2 penalty, divided by the rows of a batch; with adamw the decay of the weights; intercepts have none"`
	LearningRateInit   float64  `yaml:"learning_rate_init" default:"0.001" validate:"gt=0" doc:"learning rate at the start"`
	LearningRate       string   `yaml:"learning_rate" default:"constant" validate:"oneof=constant invscaling step cosine adaptive" doc:"how the learning rate goes on from epoch to epoch; adaptive divides it by 5 each time that n_iter_no_change epochs brought no improvement, and stops at 1e-6"`
	PowerT             float64  `yaml:"power_t" default:"0.5" validate:"gte=0" doc:"invscaling: the rate is divided by (rows seen + 1) to this power"`
	StepSize           int      `yaml:"step_size" default:"50" validate:"gte=1" doc:"step: epochs after which the rate is multiplied by gamma"`
	Gamma              float64  `yaml:"gamma" default:"0.1" validate:"gt=0,lte=1" doc:"step: what the rate is multiplied by"`
	Momentum           float64  `yaml:"momentum" default:"0.9" validate:"gte=0,lt=1" doc:"of momentum and nesterov"`
	Beta1              float64  `yaml:"beta_1" default:"0.9" validate:"gte=0,lt=1" doc:"of adam and adamw: decay of the mean gradient"`
	Beta2              float64  `yaml:"beta_2" default:"0.999" validate:"gte=0,lt=1" doc:"of adam and adamw: decay of the mean square"`
	Epsilon            float64  `yaml:"epsilon" default:"1e-8" validate:"gt=0" doc:"of adagrad, adam and adamw: keeps the division defined"`
	MaxGradientNorm    float64  `yaml:"max_gradient_norm" default:"0" validate:"gte=0" doc:"the gradient of the whole network is scaled down to this norm; 0 is no limit"`
	MaxIter            int      `yaml:"max_iter" default:"200" validate:"gte=1" doc:"most epochs; cosine: the rate is 0 then"`
	Tol                float64  `yaml:"tol" default:"0.0001" validate:"gte=0" doc:"improvement of the loss (of the score with early_stopping) that counts as one"`
	NIterNoChange      int      `yaml:"n_iter_no_change" default:"10" validate:"gte=0" doc:"epochs without improvement after which training ends; 0 goes on to max_iter"`
	EarlyStopping      bool     `yaml:"early_stopping" default:"false" doc:"whether validation_fraction of the rows are held out, improvement is that of the score on them, and the parameters that scored best are kept"`
	ValidationFraction float64  `yaml:"validation_fraction" default:"0.1" validate:"gt=0,lt=1" doc:"share of the rows that early_stopping holds out"`
	Shuffle            bool     `yaml:"shuffle" default:"true" doc:"whether each epoch takes the rows in an order of its own"`
	Standardize        bool     `yaml:"standardize" default:"true" doc:"whether the first stage brings features to mean 0 and variance 1"`
	CheckpointEvery    int      `yaml:"checkpoint_every" default:"10" validate:"gte=0" doc:"epochs after which all stages are stored, so that a fit can go on after one of them was lost; 0 is never, and then it begins again"`
	MaxRecoveries      int      `yaml:"max_recoveries" default:"3" validate:"gte=0,lte=1000" doc:"how often a fit goes on after a stage was lost before it fails"`
	RecoveryTimeout    Duration `yaml:"recovery_timeout" default:"60s" validate:"gte=0" doc:"longest wait for a lost stage to be back; 0 fails at once"`
}

// checkPipeline checks what a pipeline asks of the settings together.
func (l *loader) checkPipeline() {
	workers := l.cfg.Workers
	if l.cfg.Master != PipelineMaster {
		for i := range workers {
			if path := index("workers", i) + ".layers"; l.given(path) {
				l.fail(path, "only a pipeline has layers to share out", "leave it out, or choose master: pipeline")
			}
		}
		return
	}
	l.checkOneModel("pipeline")
	given := 0
	for _, w := range workers {
		if w.Layers > 0 {
			given++
		}
	}
	for i, w := range workers {
		path := index("workers", i)
		if given > 0 && w.Layers == 0 && !l.unusable(path+".layers") {
			l.fail(path+".layers", "missing: other workers say how many layers they have", "say it for all, or for none, and they are balanced by their cost")
		}
	}
	l.checkIgnored("params")
	for i := range workers {
		l.checkIgnored(index("workers", i) + ".params")
	}
}

// checkIgnored refuses parameters of a learner that are about training, which
// the pipeline's own settings are.
func (l *loader) checkIgnored(params string) {
	for _, f := range settings(reflect.TypeFor[Pipeline]()) {
		path := join(params, f.name)
		if _, ok := l.keys[path]; ok {
			l.fail(path, "a pipeline trains by its own settings, so this would do nothing", "say pipeline: {"+f.name+": ...}")
		}
	}
}

// checkOneModel checks that all workers have one learner with the same
// parameters, as the workers of a master have that trains one model.
func (l *loader) checkOneModel(master string) {
	if l.given("bootstrap") && l.cfg.Bootstrap {
		l.fail("bootstrap", fmt.Sprintf("the workers of a %s train one model on all their rows", master), "leave it out")
	}
	for i, w := range l.cfg.Workers {
		path, first := index("workers", i), l.cfg.Workers[0]
		switch {
		case l.given(path+".bootstrap") && w.Bootstrap:
			l.fail(path+".bootstrap", fmt.Sprintf("the workers of a %s train one model on all their rows", master), "leave it out")
		case w.Learner == "" && !l.cfg.Launcher.traits().StartsNothing, w.Learner == "" && first.Learner == "":
			l.fail(path+".learner", "missing: the master trains the same learner as its workers", "name it with learner:")
		case w.Learner != first.Learner && w.Learner != "":
			l.fail(path+".learner", fmt.Sprintf("%s, but worker %s has %s: a %s trains one model", w.Learner, first.Name, first.Learner, master), "name one learner for all with learner:")
		case w.Learner != "" && w.Params.JSON() != first.Params.JSON():
			l.fail(path+".params", fmt.Sprintf("other parameters than those of worker %s: a %s trains one model", first.Name, master), "give them once, under params: for all")
		}
	}
}
