// Package linear has the linear models, handwritten on gonum:
// "linear-regression", "ridge", "lasso", "elastic-net", "logistic-regression",
// "lda-classifier" and "linear-svc". Names, parameters and their defaults are scikit-learn's,
// and so are the objectives, but for one thing: a row weight of k is the row k
// times, here too where scikit-learn rescales weights.
//
// All of them stream over the rows and need memory for features x features
// numbers per thread, never for rows x rows. Sums over rows are formed in chunks
// of a fixed size that are added in order, so the threads a learner may use do
// not change a bit of its model.
//
// Each learner has a file of its own. What they share:
//
//   - regressor.go and discriminant.go: predictions, parameters, snapshots;
//   - moments.go, design.go: means and scales, the centred and scaled rows;
//   - gram.go, qr.go, leastsquares.go: products and factors of the rows, and
//     which of the two is used when;
//   - squares.go, summed_squares.go, pair.go: least squares from exact sums,
//     in numbers of 106 bits;
//   - within.go: means and covariances of classes, from exact sums;
//   - coordinate_descent.go: the lasso on the normal equations;
//   - summed.go, log_loss.go, standardised.go, summed_minimum.go, minimise.go:
//     losses summed over rows, and their minimum;
//   - vote.go: classes without rows.
//
// linear-regression, ridge and lda-classifier are also trained by sums over rows
// that are anywhere (learner.Summable), in one round.
//
// The package imports internal/kernel, learner, learner/exact, learner/numeric, learner/snapshot
// and registry.
package linear
