// Package numeric has the small numeric functions that learners share, so that
// each has one name and one meaning: whether numbers are finite, which of
// them is the largest, the softmax, and predicted classes as probabilities.
//
// # Three questions about finite numbers
//
// They differ in cost and in how they treat large values; choose the one that
// fits.
//
//   - [IsFinite] asks about one value: it is neither NaN nor infinite.
//   - [AllFinite] and [FirstNotFinite] ask about each of many values. Use them
//     for parameters, coefficients and stored numbers, where any value that is
//     not finite is an error and the message names its place.
//   - [FiniteSum] asks whether the sum is finite. It implies that all values
//     are, but not the other way round: the sum of finite values may overflow.
//     It is the cheapest, since the sum needs no branch per value, and right
//     where such large values are as useless as infinite ones: scores before a
//     loss, parameters after a step.
//
// NaN alone is a missing value where a learner accepts those
// (learner.Traits.AllowsMissing); that question is math.IsNaN.
//
// The package imports the standard library and gonum, so that every other may
// import it.
package numeric
