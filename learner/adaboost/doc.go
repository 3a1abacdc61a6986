// Package adaboost has "adaboost-classifier": small trees, each of which is grown
// for the rows that those before it get wrong (Freund and Schapire 1997), and
// which vote with weights, for any number of classes (SAMME: Zhu, Zou, Rosset,
// Hastie 2009, "Multi-class AdaBoost", algorithm 2).
//
// The trees are those of learner/tree, by default with one split. Parameters and
// defaults are scikit-learn's, where max_depth is that of its estimator. A row of
// weight k counts as k rows. A class of the schema that has no rows, or only rows
// of weight 0, is never predicted and has probability 0.
//
// Each tree depends on the one before it, so that rows cannot be summed up by
// workers: with master: aggregation, each worker boosts on its own rows.
//
// The package imports learner, learner/numeric, learner/snapshot, learner/tree,
// registry and gonum's mat.
package adaboost
