// Package compare trains a project's learner on the project's rows by every kind of master that can, and in one process beside
// them, and reports what each gives and costs: scores on held-out rows, time, bytes, waiting.
//
// For each kind there is one project in a temporary folder (package trial): the project's chimera.yaml with that master, and a
// program of that master with the project's learners, which runs all workers inside its process. Workers that have rows of their
// own keep them; those that share the layers of one network have copies of all rows. Which kinds can train a learner, the
// registries and the checks of chimera.yaml say; nothing here names a kind but that of the reference.
//
// The room imports trial, cv for its estimates, picture, figures, program, config, distribute and registry; it knows no command.
package compare
