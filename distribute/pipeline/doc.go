// Package pipeline is the arithmetic of model parallelism, without a network
// and without a clock: how layers are cut into stages (balance.go), in which
// order a stage works off the micro-batches of a step (schedule.go), which rows
// those are (batch.go), and one stage's way through a step (stage.go).
//
// A stage talks to its neighbours through [Links], which a worker implements
// over HTTP and a test in memory. Whatever the schedule and the cut, the same
// sums are formed in the same order, so the parameters end with the same bits.
//
// The room imports learner, gonum and the standard library.
package pipeline
