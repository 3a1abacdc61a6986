package cluster

import (
	"fmt"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// Check refuses a stored model of one learner whose description contradicts itself, or the task of the learner.
func (model *Model) Check(task learner.Task) error {
	baseline := 1
	if task == learner.Classification {
		baseline = len(model.Classes)
	}
	switch {
	case model.Task != task:
		return fmt.Errorf("it is for %s, and the learner is for %s", model.Task, task)
	case len(model.Features) == 0:
		return fmt.Errorf("it has no features")
	case task == learner.Classification && len(model.Classes) == 0:
		return fmt.Errorf("it has no classes")
	case len(model.Baseline) != baseline:
		return fmt.Errorf("its baseline has %d numbers instead of %d", len(model.Baseline), baseline)
	case model.Preparation != nil && !slices.Equal(model.Preparation.Features(), model.Features):
		return fmt.Errorf("its features are not those that its preparation makes")
	default:
		return nil
	}
}
