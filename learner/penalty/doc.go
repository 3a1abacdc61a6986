// Package penalty has the penalties on coefficients: l2, l1 and their mixture.
// They are pure functions of a parameter vector and its blocks, of which only
// the penalised ones count, so a learner that fits by itself and a parameter server's master
// use the very same code.
//
// The package imports learner, learner/numeric and the standard library.
package penalty
