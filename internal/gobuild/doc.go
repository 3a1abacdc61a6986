// Package gobuild runs the go command for the launchers and the command line:
// it builds a project's program and the generated main packages of its workers,
// and keeps the executables in a cache folder of the user's.
//
// The go command decides whether anything has changed: it is always run,
// and leaves alone an executable that is up to date. Launches of one project
// at the same time do not disturb each other: each builds in a folder of its
// own, and a finished executable is moved to a name made from its content, so
// a name once run is never written again.
//
// The package imports the standard library only.
package gobuild
