// Package optimise has the first-order optimisers and learning-rate schedules
// that everything here trains with: networks, the linear learners that descend
// by gradients, and the parameter server's master.
//
// An [Optimiser] changes a parameter vector by a gradient and a learning rate;
// a [Schedule] says what the learning rate is. Both are pure arithmetic over
// []float64: no clock, no randomness, no threads. Values do not interact,
// so a vector cut in parts, with an optimiser for each, moves exactly as the
// whole does; [Clip] is the one thing that needs all parts at once.
//
// Gradients are of the mean loss, penalties included, unless the caller wants
// it otherwise; nothing here knows.
//
// The room imports the standard library and gonum, nothing else.
package optimise
