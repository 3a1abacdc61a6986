// Package program builds and runs a project's own program, and finds the master
// that it serves.
//
// The command line links no learner, so what needs one is done by the
// project's program, which does. The executable is built into the cache that the
// workers' executables are in, so a command line that is killed leaves nothing behind.
//
// The room imports internal/gobuild, internal/lifeline, with which the program
// ends when the command line does, and internal/handshake, by which the program
// reports where its master is, or why it failed.
package program
