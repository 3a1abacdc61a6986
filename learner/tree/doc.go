// Package tree grows decision trees: "tree-classifier" and "tree-regressor"
// (CART: Breiman, Friedman, Olshen, Stone 1984, Classification and Regression
// Trees), and the trees that forests are made of.
//
// # One tree
//
// Splits are exact: every threshold between two values of a node's rows is
// rated. With splitter histogram, a feature of more than max_bins distinct
// values has bins between quantiles, and thresholds come between bins alone;
// the trees are those over the bins' numbers. Parameters are named as in scikit-learn, and the trees are those of
// scikit-learn but for these:
//
//   - A row of weight k is the same as the row k times, to the last bit for
//     whole weights. So min_samples_split and min_samples_leaf are compared
//     with the sum of the weights. Their defaults, 2 and 1, are no limit,
//     whatever the weights.
//   - Values are compared as float64. A threshold is the middle between two
//     values, brought up to the next float32 where that is below the greater
//     value.
//   - Of features that split a node equally well one is drawn, by the seed and
//     the node's place in the tree. Within a feature the lowest threshold
//     wins.
//   - Targets of a regression are told apart to about range x 2^-(61 - log2 rows),
//     a share of 4.5e-13 for a million rows: they are added up in fixed point (see
//     How), scikit-learn's as float64. Beside a target that is 1e13 times as large,
//     a million others count as equal.
//
// A missing value (NaN) goes to the side where it lowers the impurity more. If
// none was seen at a split, it goes to the side with more rows.
//
// # Forests
//
// A [Table] is a training set whose columns are coded or sorted once. Any
// number of trees grow from it, also at the same time, each with its own
// [Growth]: weights (a bootstrap's counts), features drawn at each node, random
// thresholds. The resulting [Tree] does not change any more; it answers rows,
// and is written to and read from a snapshot.
//
// # How
//
// Columns of up to 255 distinct values, and binned ones, are ranked into bytes,
// eight to a word. Large nodes count all of them in one histogram, and the larger child gets
// its own by subtracting its sibling's from its parent's. Columns of more
// values are sorted once (a radix sort) and kept sorted by stable partition at
// each split, with rows renumbered within the node. Weights and targets are
// added up as integers in fixed point: sums do not depend on order, so all
// these ways, and any number of threads, give the same tree to the last bit.
// Candidates that the best split so far surely beats are passed over by one
// comparison of integers, and columns of two values are counted eight at once.
// Medians (absolute_error) cannot be had from sums in bins: a node is swept in
// the order of each feature, with a tree of sums over the ranks of its targets.
//
// The package imports gonum's mat, learner, learner/numeric, learner/snapshot and registry.
package tree
