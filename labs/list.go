package labs

import (
	// Learners that labs train.
	_ "github.com/gochimera/chimera/learner/mlp"
	_ "github.com/gochimera/chimera/learner/sgd"
	_ "github.com/gochimera/chimera/learner/tree"
)

// All are the labs, in the order in which they are best done.
func All() []Lab {
	return []Lab{
		bagging(), oneProcess(), liars(), localSGD(), stragglers(), bubble(), scaling(), network(), dyingWorker(),
	}
}
