package logcosh_test

import (
	"testing"

	_ "github.com/gochimera/chimera/examples/custom-loss/logcosh"
	"github.com/gochimera/chimera/learner/loss/losstest"
)

func TestConformance(t *testing.T) { losstest.Run(t, "log_cosh") }
