package poisson_test

import (
	"testing"

	_ "github.com/gochimera/chimera/examples/poisson/poisson"
	"github.com/gochimera/chimera/learner/learnertest"
)

func TestConformance(t *testing.T) {
	learnertest.Run(t, "poisson-regressor", learnertest.Counts())
}
