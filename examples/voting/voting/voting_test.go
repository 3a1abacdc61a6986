package voting_test

import (
	"testing"

	"github.com/gochimera/chimera/examples/voting/voting"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/masters/masterstest"
)

func TestVoting(t *testing.T) {
	masterstest.Run(t, masterstest.Case{New: voting.New, Learner: "tree-classifier"})
}
