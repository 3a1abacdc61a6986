// Package program builds and runs a project's own program, and finds the master
// that it serves.
//
// The command line links no learner, so what needs one is done by the
// project's program, which does.
//
// The room imports the standard library and internal/lifeline, with which the
// program ends when the command line does.
package program
