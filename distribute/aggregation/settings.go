package aggregation

import (
	"fmt"

	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/setting"
)

// Combine is a way to combine predictions.
type Combine string

// The ways to combine.
const (
	CombineMean     Combine = "mean"
	CombineMedian   Combine = "median"
	CombineVote     Combine = "vote"
	CombineWeighted Combine = "weighted"
)

// Settings are the section aggregation of chimera.yaml.
type Settings struct {
	Combine Combine `yaml:"combine" default:"mean" validate:"oneof=mean median vote weighted"`
	Quorum  int     `yaml:"quorum" default:"1" validate:"gte=1"`

	MaxRecoveries   int              `yaml:"max_recoveries" default:"3" validate:"gte=0,lte=1000"`
	RecoveryTimeout setting.Duration `yaml:"recovery_timeout" default:"0s" validate:"gte=0"`
}

// Check checks what depends on several settings.
func (s *Settings) Check(p distribute.Project, report func(setting, problem, hint string)) {
	if n := p.Workers; n > 0 && s.Quorum > n {
		report("quorum", fmt.Sprintf("want at most the number of workers, which is %d, got %d", n, s.Quorum), "")
	}
	if s.Combine == CombineVote && p.Numbers {
		report("combine", "vote is for classifiers, but the workers' learners are for regression", "use mean, median or weighted")
	}
}

var _ distribute.Checker = (*Settings)(nil)
