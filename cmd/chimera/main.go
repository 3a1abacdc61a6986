// Command chimera looks after a project: it generates its workers' mains and
// validates its chimera.yaml. `chimera help` lists the commands.
//
// A project has it as a tool of its module, and runs it as
//
//	go tool chimera generate
//
// The exit status is 0, 1 if the command failed, and 2 if it was used wrongly.
// The package parses flags and prints; the work is done elsewhere. It links no learner:
// what it knows of learners is in internal/catalogue.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/gochimera/chimera/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit statuses.
const (
	succeeded = 0
	failed    = 1
	misused   = 2
)

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root, started := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return succeeded
	}
	printError(stderr, err)
	if *started {
		return failed
	}
	_, _ = fmt.Fprintln(stderr, "chimera: run `chimera help` for how to use it")
	return misused
}

// printError prints one line a problem. Those of a configuration begin with
// their place, where editors look for it.
func printError(w io.Writer, err error) {
	prefix := "chimera: "
	if errs := (config.Errors)(nil); errors.As(err, &errs) {
		prefix = ""
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		_, _ = fmt.Fprintln(w, prefix+line)
	}
}
