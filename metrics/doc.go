// Package metrics measures how well predictions fit the truth.
//
// The definitions are scikit-learn's, with rows weighted where that makes
// sense. [NewClassification] and [NewRegression] compute everything at once and
// check what they are given; the functions for single figures are there for a caller
// that needs no more.
//
// The room imports gonum and the learner contract.
package metrics
