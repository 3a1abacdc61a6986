// Package validate checks of a project what a configuration alone does not
// tell: the learners of the project's own, which their workers are asked about,
// and the training data.
//
// It changes nothing in the project's folder: workers are built from the files
// that chimera.yaml would generate, whether they are there or not.
//
// The room imports config, gen, workers (for what a worker describes of itself)
// and internal rooms; it links no learner and runs the go command.
package validate
