// Package losstest is the conformance suite that every registered loss passes,
// ours and yours, in one line:
//
//	func TestConformance(t *testing.T) { losstest.Run(t, "log_cosh") }
//
// It makes the contract of package loss executable: it is convex, never
// negative and finite, its derivative is its slope or, at a kink, a
// subgradient, and it pulls a score towards its target. For a loss for classes
// the gradient by the scores and the probabilities of 1 to 5 classes are
// checked too.
//
// The suite knows no loss by name. Its own tests run each check on a loss that
// breaks just that rule.
package losstest
