// Package moments has the means and variances of columns, in a form that can
// be merged: each worker sums up its own rows, and the merged moments are those
// of all rows together. [Scaling] is what they are for: the way from the scale
// of the data to one where every column has mean 0 and variance 1, and, for the
// coefficients of a linear model, the way back.
//
// The package imports learner, learner/numeric, gonum and the standard library.
package moments
