// Package forest has averages of randomised trees: random forests
// ("forest-classifier", "forest-regressor"; Breiman 2001) and extremely
// randomised trees ("extra-trees-classifier", "extra-trees-regressor"; Geurts,
// Ernst, Wehenkel 2006). The trees are those of learner/tree, and the
// parameters and defaults scikit-learn's.
//
// A random forest grows each tree from a bootstrap of the rows and, at each
// node, takes the best split of max_features features drawn. Extremely
// randomised trees see all rows, and of each feature drawn only one threshold,
// drawn too. Both answer the mean of what the leaves say: class shares or
// targets.
//
// # Bits
//
// Tree i depends on the data, the parameters, the seed and i alone, and sums
// are made in the order of the trees. So any number of threads gives the same
// model and the same answers to the last bit, and a row's answer does not
// depend on the rows beside it.
//
// # Row weights
//
// A bootstrap draws rows in proportion to their weights, as many as the
// weights add up to: so whole weights have the distribution of repeated rows.
// It draws at least as many as there are rows, and at most sixteen times that;
// the draws then share the weight evenly. A row of weight 0 is never drawn.
// Without a bootstrap each tree sees the rows with their weights.
//
// The package imports gonum's mat, learner, learner/snapshot, learner/tree and
// registry.
package forest
