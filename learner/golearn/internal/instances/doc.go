// Package instances holds what every adapter does between this project's data
// and golearn's: data sets checked and shown to golearn as rows without
// weights, grids (base.DenseInstances) filled in bulk, classes mapped to the
// ones golearn saw and back, panics turned into errors.
//
// golearn's own ways are slow or unsafe here. Setting a grid cell by cell costs
// five times as much as writing to the storage of its attribute groups. Some
// learners look attributes up by pointer, so [Columns] makes them once for Fit
// and Predict. Names of features and classes never reach golearn, which would
// take two columns of one name for one.
//
// The package imports learner, learner/numeric, learner/snapshot, gonum and golearn/base, which
// needs no cgo.
package instances
