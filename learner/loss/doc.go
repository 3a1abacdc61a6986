// Package loss has the losses of linear predictors: how wrong a score is for a
// target, and which way it would have to move.
//
// A [Loss] looks at one score. A [Rows] loss looks at the scores of many rows,
// one or more a row, and is what a gradient is made of: [Targets] for
// regression, [OneVsRest] and [Softmax] for classes, of which the last two also turn scores into classes and
// probabilities ([Classes]).
//
// Every loss here is convex and has a derivative nearly everywhere. Where it
// has a kink, the derivative returned is one of its subgradients, and the loss's own comment says which.
//
// The package imports the standard library and gonum, and knows of no learner.
package loss
