package masters_test

import (
	"testing"

	_ "github.com/gochimera/chimera/learner/linear"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/masters/masterstest"
)

func TestAggregationConforms(t *testing.T) {
	masterstest.Run(t, masterstest.Case{New: func() masters.Master { return masters.NewAggregation() }, Learner: "tree-classifier"})
}

func TestParameterServerConforms(t *testing.T) {
	masterstest.Run(t, masterstest.Case{New: func() masters.Master { return masters.NewParameterServer() }, Learner: "ridge", Settings: "max_iter: 30"})
}

func TestPipelineConforms(t *testing.T) {
	masterstest.Run(t, masterstest.Case{
		New: func() masters.Master { return masters.NewPipeline() }, Learner: "mlp-classifier", Params: `{"hidden_layer_sizes": [8, 8]}`,
		Settings: "max_iter: 20, learning_rate_init: 0.01, recovery_timeout: 0s",
	})
}
