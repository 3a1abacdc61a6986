// Package catalogue knows every learner that this module ships, without
// linking any: the command line must stay free of golearn and of cgo.
//
// The table is catalogue.json, which the program in gen writes from what the
// learner packages register. It finds the packages itself, so a new learner
// package needs no change here but: go generate ./internal/catalogue
//
// The package imports registry, for the types, and no learner.
package catalogue

//go:generate go run ./gen
//go:generate go run ../../cmd/chimera learners --markdown --output ../../docs/learners.md
