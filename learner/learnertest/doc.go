// Package learnertest is the conformance suite that every learner passes, ours
// and yours, in one line:
//
//	func TestConformance(t *testing.T) { learnertest.Run(t, "nearest-centroid") }
//
// The suite is the contract of package learner made executable. It consists of
// named checks, each a subtest, chosen by what the learner can do (its
// capabilities, from its registered type) and by what its traits allow it to
// do differently. It knows no learner by name. A learner that needs other data, other
// parameters or smaller data says so with an [Option]; an option that lifts one
// rule puts another in its place, so no option is a way around the suite.
//
// What was asserted is counted and logged. A check that asserts nothing, a
// capability without checks, and a check that did not run are failures: a
// skipped suite must not look green. (A run narrowed on the command line, as in
// -run TestConformance/row_weights, is allowed to be narrow.)
//
// The suite sets GOMAXPROCS and measures allocations, so the test that calls
// Run must not be parallel. Nothing in it waits for or measures time.
//
// The package imports learner, learner/numeric, registry and gonum. Its own tests check it
// in turn: each check is run on a learner that breaks just that rule.
package learnertest
