// Package masterstest is the conformance suite for masters. The author of a kind of distribution runs
// it in one line:
//
//	func TestMaster(t *testing.T) {
//		masterstest.Run(t, masterstest.Case{New: voting.New, Learner: "tree-classifier"})
//	}
//
// It starts the master and workers of the kind's role behind real HTTP servers, and checks what
// cluster.Master promises: behaviour before the first fit, a fit, the same bits from the same seed in
// whatever order workers answer, a fit that fails or is cancelled, workers that die and come back,
// events, stored models if the master is a cluster.Lasting, and a clean shutdown.
package masterstest
