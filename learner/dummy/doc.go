// Package dummy has learners that do not look at the features: the baseline
// that every other learner has to beat, and that scores are compared with.
//
// "dummy-classifier" answers the training rows' class shares, "dummy-regressor"
// one number: their mean, median, a quantile, or a constant. The strategies are
// scikit-learn's, except those that draw an answer for each row: an answer
// that depends on the other rows could not be split over requests. Whole weights
// count rows: a median or a quantile is that of the rows repeated, with linear
// interpolation. Others go by their shares of the total.
//
// The package imports learner, learner/snapshot and registry.
package dummy
