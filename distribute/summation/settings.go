package summation

import (
	"fmt"

	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/setting"
)

// Settings are the section summation of chimera.yaml. How a model is trained, its learner's parameters say.
type Settings struct {
	Quorum          int              `yaml:"quorum" default:"0" validate:"gte=0"`
	MaxRecoveries   int              `yaml:"max_recoveries" default:"3" validate:"gte=0,lte=1000"`
	RecoveryTimeout setting.Duration `yaml:"recovery_timeout" default:"60s" validate:"gte=0"`
	CheckpointEvery setting.Period   `yaml:"checkpoint_every" default:"30s"`
}

// Check checks what depends on the project.
func (s *Settings) Check(p distribute.Project, report func(setting, problem, hint string)) {
	if n := p.Workers; s.Quorum > n && n > 0 {
		report("quorum", fmt.Sprintf("want at most the number of workers, which is %d, got %d", n, s.Quorum), "")
	}
	if s.CheckpointEvery.Epochs() > 0 {
		report("checkpoint_every", "a training from sums has rounds and no epochs", "say a length of time (30s), or a number of rounds (\"100 steps\")")
	}
}

// Docs documents each setting.
func (Settings) Docs() map[string]string {
	return map[string]string{
		"quorum": "number of workers whose rows a model needs; 0 means all. With fewer than all, a worker that is lost and does not come back is left " +
			"out, and the training begins anew without its rows, since a model of sums is of whole rows",
		"max_recoveries": "how many times a fit continues after a worker was lost, before it fails",
		"recovery_timeout": "longest wait for a lost worker to come back, whereupon the round is asked of it again; 0 means that it is not waited for. Who " +
			"cannot come is not waited for: see the setting restart",
		"checkpoint_every": "how often the master writes down where a fit is, so that it can be gone on with if the program is killed: a length of time " +
			"(30s), or \"100 steps\", which are rounds; the last two checkpoints are kept, in chimera_checkpoints; 0 means never",
	}
}

var _ distribute.Checker = (*Settings)(nil)
