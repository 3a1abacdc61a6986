package centroid_test

import (
	"testing"

	_ "github.com/gochimera/chimera/examples/own-sums/centroid"
	"github.com/gochimera/chimera/learner/learnertest"
)

// Everything that a learner must keep to, in one line.
func TestConformance(t *testing.T) { learnertest.Run(t, "summed-centroid") }
