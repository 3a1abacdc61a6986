package epoch_test

import (
	"testing"

	"github.com/gochimera/chimera/bench/epoch"
	"github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/learner/mlp/layertest"
)

func TestDense(t *testing.T) {
	layertest.Run(t, epoch.Dense{Dense: mlp.Dense{In: 9, Out: 5}})
}
