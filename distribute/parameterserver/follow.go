package parameterserver

import (
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/registry"
)

// Followed says how settings are meant that have their values from the learner's parameters, where that
// is another way than the section's. The zero value is for settings that are all of the section.
type Followed struct {
	Objective   bool // the penalty is the one of the learner's own objective (learner.Penalised)
	Epochs      bool // max_iter counts epochs, not steps
	RateEpochs  bool // learning_rate goes by epochs; invscaling by the rows of those before
	StepEpochs  bool // step_size counts epochs
	RelativeTol bool // tol is in units of the loss before the first step
}

// The units of a learner's parameter.
const (
	unitEpochs   = "epochs"
	unitRelative = "relative"
)

// Follow notes what a setting means that has its value from a parameter of the learner, and refuses what
// the mode cannot do.
func (s *Settings) Follow(setting, unit string) (problem, hint string) {
	switch {
	case setting == registry.TrainingObjective && s.Mode == LocalMode:
		return "with mode local the workers step by themselves, and know only the penalty of the section", "say parameter_server: {penalty: ..., alpha: ...}"
	case setting == "solver" && s.Mode == LocalMode && s.Optimiser != "sgd":
		return "with mode local the workers step, with sgd, and the master averages", "leave it out, or choose parameter_server: {mode: full} or minibatch"
	case setting == "batch_size" && s.Mode == FullMode:
		return "with mode full each step is on all rows, so this would do nothing", "leave it out, or choose parameter_server: {mode: minibatch}"
	case setting == registry.TrainingObjective:
		s.Followed.Objective = true
	case setting == "max_iter":
		s.Followed.Epochs = unit == unitEpochs
	case setting == "learning_rate":
		s.Followed.RateEpochs = unit == unitEpochs
	case setting == "step_size":
		s.Followed.StepEpochs = unit == unitEpochs
	case setting == "tol":
		s.Followed.RelativeTol = unit == unitRelative
	}
	return "", ""
}

var _ distribute.Follower = (*Settings)(nil)
