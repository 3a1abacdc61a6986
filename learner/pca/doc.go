// Package pca has "pca": principal components, the directions along which rows differ most (Pearson 1901, Hotelling 1933).
//
// It learns from sums over rows (learner.Summable) in two rounds: the mean of the rows, then the products of every two
// features, less their means. Sums are exact, so the components have the same bits however rows are dealt out to workers,
// and since the means are taken away first, nothing cancels. The components are the eigenvectors of the covariance
// matrix, by LAPACK's method for symmetric matrices, the one with the largest variance first.
//
// Parameters are scikit-learn's. A direction has two signs: as with scikit-learn from 1.5 on, the largest number of each
// component is positive.
//
// The package imports learner, learner/exact, learner/numeric, learner/snapshot, registry and gonum.
package pca
