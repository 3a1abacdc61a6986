// Package learner is the contract between a model and everything that trains
// or serves it.
//
// The required interface is small: an [Estimator] can Fit and Predict. A model
// declares what else it can do by implementing further interfaces:
//
//   - [Classifier]: class probabilities,
//   - [Differentiable]: a gradient, so a parameter server can train it,
//   - [Penalised]: the penalty of its own objective, so a parameter server can have it too,
//   - [Clusterer]: groups of rows, for the task [Clustering],
//   - [Transformer]: few numbers for each row, for the task [Decomposition],
//   - [Summable]: sums over rows, so workers can train it without rounding,
//   - [Layered]: a network that can be cut, so a pipeline can train it,
//   - [Objective]: the loss and the answers of a network's last output,
//   - [Snapshotter]: a state that can be written and read back,
//   - [Importancer]: how much each feature mattered,
//   - [Coefficienter]: coefficients on the scale of the features,
//   - [Linked]: what the scores that these coefficients give stand for,
//   - [Forester]: the trees of its model, as plain arrays,
//   - [Networker]: the layers of its model, as plain arrays,
//   - [Convergent]: whether the last fit came as close as it was to.
//
// The package imports gonum, the standard library and learner/numeric, nothing
// else, and knows no registry, master or worker.
//
// # Invariants every learner keeps
//
// Matrices are rows x features, row-major. A learner never changes its inputs
// and never keeps a reference to them after the call returns. For a
// classification task the target is a class index into [Schema.Classes], and a
// learner answers for all of those classes, including those that none of its
// training rows has. A learner of a task without targets looks at no targets,
// which may be there. A Fit that returns an error leaves the model as it was.
// Predict may be called from many goroutines at once; Fit is exclusive, which
// the caller must ensure.
//
// Bad data is an error ([DataError], [ErrNotFitted]); a programmer's mistake,
// such as a nil matrix from inside the program, may panic as gonum does.
//
// The conformance suite in learner/learnertest checks all of this for any
// learner, in one line.
package learner
