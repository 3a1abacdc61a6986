// Package modelimage makes a container image of a stored model, which serves it: a program that links the master of the model's kind,
// its workers and its learners, and nothing else, and beside it the file of the model. No training data is in it.
//
// The program is a main package of a module that requires Chimera, which exists for the compiler alone (go build -overlay), so
// nothing is written into the module. That is the project's own for a model with learners of the project's.
//
// The room imports models, config and what builds programs and images; it knows no engine.
package modelimage
