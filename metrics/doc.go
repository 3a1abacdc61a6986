// Package metrics measures how well predictions fit the truth.
//
// The definitions are scikit-learn's, with weighted rows where that makes sense. [NewClassification]
// and [NewRegression] compute all metrics at once and check their input; the functions for single
// metrics are for callers that need no more. [Metrics] lists those that a model is judged by, with their names. [NewROC],
// [NewPrecisionRecall] and [NewCalibration] are the curves behind the numbers.
//
// The package imports gonum and the learner contract.
package metrics
