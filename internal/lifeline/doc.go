// Package lifeline ends a program when the one that started it ends, however that
// happens: kill -9 leaves no time to stop anything.
//
// It is a pipe. The starter holds the end that is written to, and never writes;
// when it is gone the system closes that end, and the program, which waits for
// it at the other, ends itself. A worker's lifeline is its standard input, which
// CHIMERA_LIFELINE=stdin says (see package launcher). A project's program may want
// to read that, so its lifeline is a pipe of its own beside the three usual ones.
// [Variable] says which file that is; the program opts in by calling [Watch], and hides
// it from what it starts itself.
//
// The go command gives no lifeline to what it runs (go run ., go tool chimera). Killed, it leaves the program
// behind, so on Linux, where the parent of a process can be told, the program follows that.
//
// The room imports internal/environment, for the variables, and internal/inherit.
package lifeline
