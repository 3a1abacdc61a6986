// Package distribute defines what a kind of distribution is: one way to train a model on many workers.
// Each kind has a folder here with its description, its settings and its wire messages, and below that
// its two halves: package master, which a project's program links, and package worker, which a
// generated worker links, so that workers stay small.
//
// A kind registers itself in an init function, as a learner does. Everything that lists kinds iterates
// over the registry: the configuration (master: in chimera.yaml and the kind's section), the
// generator, the scaffold, the documentation, the command line and the client. Another kind, even one
// outside this module, is therefore a single folder; examples/leave-one-out is an example.
//
// The package is a leaf: it imports package registry, for the capabilities
// that a kind needs of a learner, and the standard library.
package distribute
