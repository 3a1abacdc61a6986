// Package openblas measures an epoch of a multi-layer perceptron beside
// OpenBLAS, by way of gonum.org/v1/netlib. It is a module of its own, so that
// nothing else needs cgo or that library; the README of bench says how to
// run it.
package openblas
