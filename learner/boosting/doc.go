// Package boosting has gradient boosting on histograms: "boosting-classifier" and "boosting-regressor" (Friedman 2001,
// Greedy function approximation; Chen, Guestrin 2016, XGBoost; Ke et al. 2017, LightGBM). Parameters and defaults are
// those of scikit-learn's HistGradientBoosting, but for these: early_stopping is false, there 'auto', which is true for more
// than 10000 rows; no limit of max_leaf_nodes and max_depth is 0, there None; class_weight is "none" or "balanced", there
// also weights of one's own; and scikit-learn has no subsample and no grow_policy.
//
// The losses are log_loss, and for numbers squared_error, poisson (log link), absolute_error and quantile, as in scikit-learn, but
// for quantiles of weighted rows, which are in the middle of two numbers where there is just the share of weight up to the first (quantile.go). The
// loss that is reported for poisson is half the deviance, scikit-learn's leaves out what does not depend on the answers.
//
// With monotonic_cst answers move one way only along a feature, as in scikit-learn: a split whose sides would be in the wrong order is not taken, and
// what the leaves below either side add stays on its side of the middle of both.
//
// The values of categorical_features are categories, as in scikit-learn, but may be any numbers: a split says which categories go left. In a
// project these are names of columns, whose texts are ordinal codes by then.
//
// A model is a sum of trees. Each tree is grown on the gradients of the loss by the scores so far, and its leaves are
// Newton steps times the learning rate. Values are put into at most 255 bins, so a split is found in sums over the
// rows of each bin, and a row without a value goes to the side where it gains more.
//
// # A training by sums
//
// Both learners are [learner.Summable], and Fit is a training by sums too. A state says what is to be summed:
//
//   - a survey: rows, weights, targets;
//   - for the bins, in a few rounds, rows in ever smaller cells of numbers (cells.go), which is exact for columns with no
//     more values than bins, and elsewhere gives bins whose weights differ by less than 1/8 of a bin's;
//   - for each tree, histograms of nodes. One round has those of all children that the tree may still need, best gain
//     first, so that a tree of 31 leaves takes some seven rounds; the tree is the one that is grown best first, leaf by
//     leaf. A part counts the child with fewer rows and subtracts it from what it has kept of the parent;
//   - for each tree of absolute_error and quantile, counts of what is left of the targets, in some three rounds for all
//     leaves, which find the very numbers that the quantiles are made of.
//
// Such a state is a log: records are appended to it, and old ones stay as they are, but for those that look for quantiles.
//
// # Sums that are exact
//
// A gradient is rounded to a multiple of 2^-26 of its bound, which is half a part in 10^8, and a second derivative
// likewise. The bound for log_loss is 1, or the largest weight of a class, rounded up to a power of two, if that is more.
// For squared_error it follows from the largest gradient before, of which the lengths in bits are counted, and from what
// the last tree added; a target far off from the others so takes bits from them. So it does for poisson, whose second
// derivatives have a bound of their own. absolute_error and quantile have gradients of two sizes only, and nothing takes bits from
// what their leaves add. Weights are whole numbers of 2^-36 of
// the smallest power of two that is not below their sum, that of rows held out included, so small whole weights, and
// halves and quarters of them, are exact. A sum then has at most 26 + 36 bits and a sign: it fits an int64, is the same in
// every order, and the trees have the same bits for any cut of the rows and any number of threads. A weight of k is the
// same as the row k times.
//
// Gradients come from internal/kernel, which computes the same bits on every processor, and splits are compared by what is rounded operation by
// operation. What comes from package math may differ in its last bit between amd64 and arm64: the score that all rows begin with (log_loss, poisson),
// the bounds of poisson, and the reported losses of poisson and of several classes.
//
// # Rows and features that are drawn
//
// Rows are held out (early_stopping) and drawn (subsample) by a hash of what is in them, and the features of a node
// (max_features) by a hash of the way to it, both with the seed. So neither depends on where rows are or in which order
// nodes are grown, and equal rows share their lot. When fewer rows are in a part than a hash can share out, none or all may be held out, which is an
// error.
//
// The package imports gonum's mat, internal/kernel, learner, learner/numeric, learner/snapshot and registry.
package boosting
