package master_test

import (
	"testing"

	"github.com/gochimera/chimera/distribute/pipeline/master"
	_ "github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/masters/masterstest"
)

func TestPipelineConforms(t *testing.T) {
	masterstest.Run(t, masterstest.Case{
		New: func() masters.Master { return master.New() }, Learner: "mlp-classifier", Params: `{"hidden_layer_sizes": [8, 8]}`,
		Settings: "max_iter: 20, learning_rate_init: 0.02, recovery_timeout: 0s",
	})
}
