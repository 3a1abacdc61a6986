// Package validate checks what a project's configuration alone does not show:
// the project's own learners, which it asks their workers about, the kind of
// master that its program runs, and the training data.
//
// It changes nothing in the project's folder: workers are built from the files
// that chimera.yaml would generate, whether they are there or not.
//
// The room imports config, gen, workers (for what a worker describes of itself), distribute
// and internal rooms; it links no learner and runs the go command.
package validate
