// Package losstest is the conformance suite that every registered loss passes,
// ours and anybody's, in one line:
//
//	func TestConformance(t *testing.T) { losstest.Run(t, "log_cosh") }
//
// It makes what package loss says of a loss executable: it is convex, never
// negative and finite, its derivative is its slope or, at a kink, a
// subgradient, and it pulls a score towards its target. Of a loss for classes
// the gradient by the scores and the probabilities of 1 to 5 classes are
// checked too.
//
// No loss is known to the suite by name. Its own tests show each check a loss
// that breaks just that rule.
package losstest
