// Package neural adapts golearn's multi-layer network (neural.NewMultiLayerNet)
// as "golearn-neural-classifier".
//
// It is a network of sigmoids trained row by row by back-propagation of the
// squared error (Rumelhart, Hinton, Williams 1986), with one output per class.
// Features are standardised by the training rows before golearn sees them, and
// the rows put in a random order once, since it always goes through them as
// they stand. Probabilities are the outputs divided by their sum.
//
// golearn keeps the weights of all pairs of units, connected or not, in one
// matrix and multiplies by it once per layer, so the time of a row grows with
// the square of the units and the inputs: it is for small networks. Its initial weights come from the
// global generator, so no seed makes two fits equal. They are private and
// cannot be read out, so the model cannot be stored.
//
// The package imports learner, learner/golearn/internal, registry and golearn's
// pure Go parts: no cgo.
package neural
