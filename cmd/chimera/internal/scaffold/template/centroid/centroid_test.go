package centroid

import (
	"testing"

	"github.com/gochimera/chimera/learner/learnertest"
)

// Everything that a learner must keep to, in one line.
func TestNearestCentroid(t *testing.T) { learnertest.Run(t, "nearest-centroid") }
