// Package pipeline is the kind of distribution in which the layers of one network are distributed over
// the workers: model parallelism. It has the arithmetic, without HTTP: how layers are cut into stages
// (balance.go), in which order a stage processes the micro-batches of a step (schedule.go), which rows
// those are (batch.go), and how one stage processes a step (stage.go).
//
// A stage talks to its neighbours through [Links], which a worker implements over HTTP and a test in
// memory. Whatever the schedule and the cut, the same sums are formed in the same order, so the
// parameters end up with the same bits.
//
// The package imports learner, gonum and the standard library.
package pipeline
