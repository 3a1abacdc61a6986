// Package linear adapts golearn's least squares
// (linear_models.NewLinearRegression) as "golearn-linear-regression".
//
// golearn solves by QR factorisation (Golub, Van Loan 2013, section 5.3.3), but
// makes the whole orthogonal factor of it, rows x rows: 5,000 rows need 600 MB.
// So more than max_rows rows are refused. linear-regression, on gonum, does the
// same for millions of rows.
//
// golearn divides by zero where columns depend on each other, and refuses fewer
// rows than columns. So the adapter centres and scales the columns, leaves out those that
// depend on columns before them (their coefficient is 0, as in R's lm), and
// puts the coefficients back on the original scale. They are the whole model:
// they are read out of golearn once, by asking it for the unit vectors.
//
// golearn takes the columns in the order of a map, so the last digits of two
// fits to the same rows may differ. It cannot be interrupted.
//
// The package needs cgo, since golearn's imports liblinear beside the
// regression; without it there is nothing in here and the learner is not registered. It imports
// learner, learner/golearn/internal, learner/snapshot, registry and golearn.
package linear
