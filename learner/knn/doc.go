// Package knn answers with the nearest training rows (Fix and Hodges 1951;
// Cover and Hart 1967): "knn-classifier" with their classes' shares,
// "knn-regressor" with the mean of their targets.
//
// # Neighbours
//
// The neighbours of a row are the n_neighbors nearest training rows; of rows
// that are equally near, the ones that come first in the training set. If the
// training set is smaller than that, all of its rows are neighbours: a worker
// may hold few rows.
//
// A row weight says how many rows the row stands for. Neighbours are taken,
// nearest first, until their weights add up to n_neighbors; of the last one
// only the part counts that is still wanted. So a weight of 3 is the same as
// the row three times, to the last bit, a row of weight 0 is not there, and a
// row is the same as two halves of it.
//
// # Metrics
//
// euclidean, manhattan and minkowski are as usual; minkowski with p = 1 and
// p = 2 is the first two. cosine is 1 - cos of the angle. A row of zeros has no
// direction: it is at distance 1 from every other row, and at 0 from another
// row of zeros.
//
// # Algorithms
//
// brute looks at every training row. kd_tree (Bentley 1975; Friedman, Bentley
// and Finkel 1977) leaves out boxes of rows that are too far away. Both compute
// the same distances to the bit and find the same neighbours, so the choice is
// one of speed alone. auto takes the tree from 2^(1.5 columns) rows on,
// where it was measured to be faster.
//
// Distances are computed by package internal/kernel, with the same bits on every
// processor.
//
// The package imports internal/kernel, learner, learner/numeric, learner/snapshot, registry and gonum.
package knn
