// Package splittree holds decision trees that were read out of golearn.
//
// golearn grows the trees; answers come from here. Its own Predict builds a
// grid for every call, breaks ties between classes at random (so that a row's answer would
// depend on the call), gives probabilities one row at a time and cannot be stored without a
// file. What was read out answers the same where golearn's answer is not random, and tests
// hold it to that.
//
// The package imports learner, learner/numeric, learner/snapshot, golearn/internal/instances,
// gonum, golearn/base and golearn/trees, which need no cgo.
package splittree
