// Package loss has the losses of linear predictors: how wrong a score is for a
// target, and which way it would have to move.
//
// A [Loss] looks at one score. A [Rows] loss looks at the scores of many rows,
// one or more per row, and is what a gradient is made of: [Targets] for
// regression, [OneVsRest] and [Softmax] for classes, of which the last two also
// turn scores into classes and probabilities ([Classes]).
//
// Every loss is convex and has a derivative nearly everywhere. Where it has a
// kink, the derivative returned is one of its subgradients, and the loss's own
// comment says which.
//
// # A loss of your own
//
// [Register] gives a loss a name, in init. From then on every learner that
// takes a loss by name accepts it (sgd-regressor, sgd-classifier,
// mlp-regressor), also under a parameter server, and lists it. Package losstest
// checks what is promised here, in one line of a test.
//
// The package imports the standard library, gonum, internal/kernel, the contract
// (package learner) and learner/numeric, and knows no learner that uses it.
package loss
