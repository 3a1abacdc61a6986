// Package cv divides training rows into folds, and estimates by them how well a project's model does on rows that it has not
// seen.
//
// Folds are of all workers' rows together; each worker holds out its own share of a fold, and the held-out rows of
// all workers are scored as one set. Rows that several workers share are divided once, for all of them.
//
//   - k-fold: every row is held out once. Fold sizes differ by one row at most, overall and within each worker.
//   - stratified: the same for the rows of each class, after Kohavi (1995, "A study of cross-validation and bootstrap for
//     accuracy estimation and model selection").
//   - grouped: rows of one group are in one fold. The largest groups go first, each to the smallest fold; with classes,
//     the groups with the most uneven classes go first, each to the fold where the classes' shares stay most even, as
//     scikit-learn's GroupKFold and StratifiedGroupKFold do.
//
// Everything random depends on the seed and the repeat alone.
//
// The room imports package trial, which runs a fold, and picture; it knows no command.
package cv
