// Package linked builds the command line with a project's own packages linked,
// and becomes it.
//
// A kind of distribution, a launcher or a loss that a project registers is known
// only to programs that link its package, which the installed command line does
// not. The program is built as a main package of the project's module that exists for
// the compiler alone (go build -overlay), so nothing is written into the project, and
// the module's go.mod determines the version of everything. It is kept in the cache
// folder of what is built for the project.
//
// The room imports config, for the project's packages, and runs the go command.
package linked
