// Package explain says what a model goes by, from its answers alone: any model that predicts can be explained.
//
// [Permutation] measures how much worse a model scores once the cells of a column have changed places (Breiman 2001, section 10),
// and [Dependence] what it answers on average as a column takes one value after another (Friedman 2001, section
// 8.2). Both change columns as they come, before any preparation, so that a column counts as a whole. [Columns] and [Unscale]
// bring what a learner tells of its features back to those columns.
//
// The room imports learner, prepare and gonum, and knows no master: how a model answers is a function.
package explain
