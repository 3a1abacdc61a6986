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
// Gradients are usually of the mean loss, penalties included; nothing here
// depends on that.
//
// # Names
//
// A parameter has the name that scikit-learn gives it in the learner, so that
// some things here have two names:
//
//   - the rate at the beginning, Eta0, is "eta0" in sgd-regressor and
//     sgd-classifier, and "learning_rate_init" everywhere else;
//   - Epsilon of [Settings] keeps a division of AdaGrad, Adam and AdamW
//     defined: "epsilon" in mlp-classifier and mlp-regressor. It has nothing to
//     do with "epsilon" of sgd-regressor, a distance of its loss, which
//     mlp-regressor calls "delta".
//
// The package imports the standard library, gonum, internal/kernel and learner/numeric.
package optimise
