// Command chimera looks after a project: it generates its workers' mains and
// validates its chimera.yaml. `chimera help` lists the commands.
//
// A project has it as a tool of its module, and runs it as
//
//	go tool chimera generate
//
// `chimera help` tells the exit statuses too; they are in exit.go.
// The package parses flags and prints; the work is done elsewhere. It links no learner:
// what it knows of learners is in internal/catalogue.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

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
	status := statusOf(err)
	if !*started {
		status = misused
	}
	switch status {
	case interrupted:
		_, _ = fmt.Fprintln(stderr, "chimera: interrupted")
	case misused:
		printError(stderr, err)
		_, _ = fmt.Fprintln(stderr, "chimera: run `chimera help` for how to use it")
	default:
		printError(stderr, err)
	}
	return status
}

// printError prints one line a problem. Those of a configuration begin with
// their place, where editors look for it.
func printError(w io.Writer, err error) {
	prefix := "chimera: "
	if is[config.Errors](err) || is[*dataio.Error](err) {
		prefix = ""
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		_, _ = fmt.Fprintln(w, prefix+line)
	}
}
