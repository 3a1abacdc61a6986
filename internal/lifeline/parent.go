package lifeline

import (
	"context"
	"os"
	"time"
)

// lookEvery is how often a program looks whether the go command that runs it is still there.
const lookEvery = 250 * time.Millisecond

// followParent returns a context that ends when the parent of this process is another than it was. Its
// goroutine ends then, and else with the program.
func followParent(parent int, now func() int, exit func(int)) context.Context {
	ctx, gone := context.WithCancel(context.Background())
	go func() {
		looks := time.NewTicker(lookEvery)
		defer looks.Stop()
		for now() == parent {
			<-looks.C
		}
		gone()
		time.AfterFunc(endWithin, func() { exit(1) })
	}()
	return ctx
}

// starter is the parent of this process if it is a go command that runs programs for a user, which hands on
// Ctrl-C, but dies of other signals without the program; else it is 0. Any other parent may well end before a
// program that is to go on: nohup, setsid, a shell.
func starter() int {
	if parent := os.Getppid(); isGoCommand(parent) {
		return parent
	}
	return 0
}
