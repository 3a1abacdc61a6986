package config

import (
	"fmt"

	"github.com/gochimera/chimera/learner"
)

// checkThreshold refuses a threshold where learners have no classes.
func (l *loader) checkThreshold() {
	if l.cfg.Threshold == 0 || l.unusable("threshold") {
		return
	}
	for _, w := range l.cfg.Workers {
		if w.Info != nil && w.Info.Task != learner.Classification {
			l.fail("threshold", fmt.Sprintf("it decides between two classes, and %s is for %s", w.Learner, w.Info.Task), "remove it")
			return
		}
	}
}
