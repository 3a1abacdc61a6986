// Package trial fits a project's model on a part of its training rows and scores it on others, as cross-validation,
// the search for parameters and the comparison of masters need it, many times and beside each other.
//
// A trial is a project of its own in a temporary folder: the project's chimera.yaml with some settings changed
// ([Document]), and rows as they are written in the project's files ([Table]). The project's own program, which is built once,
// or one that the caller brings, runs it with all workers inside its process: the same master, workers, learners and preparation
// as the project itself, to the bit. Nothing of the project's folder is changed, and the temporary folder goes when the
// [Bench] is closed.
//
// The room imports the command line's program and inference, config, client, metrics and internal/dataio; it knows no
// command, and neither folds nor candidates.
package trial
