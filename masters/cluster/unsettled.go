package cluster

import (
	"fmt"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner/optimise"
)

// Unsettled is a note on a training that max_iter ended, though something else was to end it, and a warning in
// the log; nil if there is none to be made. A training with a cosine's rates is meant to end there: the rate is 0
// then. settings are those to change, by their names in the section.
func (f *Fit) Unsettled(t *api.Training, criterion bool, schedule, section string, settings ...string) []string {
	if t.Stopped != api.StopMaxIter || !criterion || schedule == optimise.NameCosine {
		return nil
	}
	f.Log.Warn("the training did not converge", "steps", t.Steps, "epochs", t.Epochs)
	advice := ""
	for i, s := range settings {
		switch {
		case i == 0:
		case i == len(settings)-1:
			advice += " or "
		default:
			advice += ", "
		}
		advice += s
	}
	return []string{fmt.Sprintf("the training did not converge in %d steps (%d epochs), when max_iter ended it: raise %s in the section %s, "+
		"or in the learner's parameters if they come from there", t.Steps, t.Epochs, advice, section)}
}
