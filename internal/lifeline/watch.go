package lifeline

import (
	"context"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/inherit"
)

// endWithin bounds the orderly end of a program whose starter is gone: nobody
// is left who would end it by force.
const endWithin = 25 * time.Second

var watch = sync.OnceValues(func() (context.Context, error) {
	end, err := inherit.Take(Variable)
	if end == nil && err == nil {
		end, err = inherit.Take(environment.WorkersLifeline) // where it used to be
	}
	if err != nil {
		return nil, err
	}
	if end == nil {
		if parent := starter(); parent != 0 {
			return followParent(parent, os.Getppid, os.Exit), nil
		}
		return context.Background(), nil
	}
	// What the program prints mostly goes to its starter as well. Once that is gone, printing
	// fails; without this, it would raise a signal that ends the program before it
	// has stopped what it started.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return follow(end, os.Exit), nil
})

// Watch returns a context that ends when the program's starter has ended: the one that has given
// this program a lifeline, or else, where it can be told, a go command that runs it. Without
// either it never ends. It takes [Variable] from the
// environment; every call returns the same. A program that has not ended 25 s
// later is ended, with status 1.
func Watch() (context.Context, error) { return watch() }

// follow watches one end of a pipe. Its goroutine ends with the other end, and
// else with the program: a read cannot be interrupted on every system.
func follow(end io.Reader, exit func(int)) context.Context {
	ctx, gone := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, end)
		gone()
		time.AfterFunc(endWithin, func() { exit(1) })
	}()
	return ctx
}
