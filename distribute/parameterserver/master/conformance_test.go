package master_test

import (
	"testing"

	"github.com/gochimera/chimera/distribute/parameterserver/master"
	_ "github.com/gochimera/chimera/learner/linear"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/masters/masterstest"
)

func TestParameterServerConforms(t *testing.T) {
	masterstest.Run(t, masterstest.Case{New: func() masters.Master { return master.New() }, Learner: "ridge", Settings: "max_iter: 30, recovery_timeout: 0s"})
}
