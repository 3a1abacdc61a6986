package master_test

import (
	"testing"

	"github.com/gochimera/chimera/distribute/summation/master"
	masters "github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/masters/masterstest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	masterstest.Run(t, masterstest.Case{New: func() masters.Master { return master.New() }, Learner: "rounds", Registry: test(), Settings: "recovery_timeout: 0s"})
}
