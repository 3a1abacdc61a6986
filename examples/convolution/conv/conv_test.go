package conv_test

import (
	"testing"

	"github.com/gochimera/chimera/examples/convolution/conv"
	"github.com/gochimera/chimera/learner/learnertest"
	"github.com/gochimera/chimera/learner/mlp/layertest"
)

func TestGradient(t *testing.T) {
	layertest.Run(t, conv.Convolution{In: 9, Filters: 4, Kernel: 3})
}

func TestConformance(t *testing.T) {
	learnertest.Run(t, "convolution-classifier", learnertest.WithParams(`{"learning_rate_init": 0.02, "max_iter": 60}`))
}
