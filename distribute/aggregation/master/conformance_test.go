package master_test

import (
	"testing"

	"github.com/gochimera/chimera/distribute/aggregation/master"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/masters/masterstest"
)

func TestAggregationConforms(t *testing.T) {
	masterstest.Run(t, masterstest.Case{New: func() masters.Master { return master.New() }, Learner: "tree-classifier"})
}
