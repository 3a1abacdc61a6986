// Package gen writes the files that follow from a project's chimera.yaml: one main for
// each worker, and the imports that the master's program needs.
//
//	chimera_workers/<worker>/main.go   what the worker is, and its learner's package
//	chimera_learners.go                the packages of all learners in use
//
// What it writes is a dull list: all logic is in package workers. It depends on
// the configuration alone, so it can be checked in and compared; a file that
// is already right is not touched, which keeps Go's build cache warm.
//
// Only files that begin with config.GeneratedHeader are replaced or removed,
// and nothing outside the project's folder is reached, not even through links.
//
// The package imports config; it knows no worker, master or launcher.
package gen
