// Package workers is what a worker's program calls: a generated main calls Main with a Spec and
// nothing else. The package links the roles of the built-in kinds of distribution, which are the
// packages named worker below distribute; a main for a third party's kind links its role with one more
// blank import.
//
// Package node has what all roles share. This package has the life of the process (main.go), its
// environment (environment.go), and the commands other than serving (describe.go).
package workers
