// Package workers is what a worker's program calls: a generated main calls
// Main with a Spec and nothing else. It links the roles of the built-in kinds
// of distribution, which are the packages worker below distribute; a main for
// a kind from outside links that kind's role with one more blank import.
//
// What all roles share is package node. This package has the life of the
// process (main.go), what it is told by its environment, and its commands
// beside serving (describe.go).
package workers
