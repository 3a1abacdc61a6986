// Package cli is the command line. Command chimera is its Main and nothing else,
// so that a project can have the same command line with packages of its own linked:
//
//	package main
//
//	import (
//		"github.com/gochimera/chimera/cmd/chimera/cli"
//		_ "example.com/me/voting" // registers a kind of distribution, a launcher, a loss
//	)
//
//	func main() { cli.Main() }
//
// A project need not write that: where its chimera.yaml names what only its own
// packages register, the command line builds that program and becomes it
// (linked.go).
//
// `chimera help` prints the exit statuses; they are in exit.go. The package parses
// flags and prints; the work is done in ../internal and elsewhere. What it knows of
// learners is in internal/catalogue; those that it links are for stored models only
// (../internal/shipped), and never golearn.
package cli

//go:generate go test -run ^TestCommandsPageIsUpToDate$ . -update

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/gochimera/chimera/cmd/chimera/internal/program"
	_ "github.com/gochimera/chimera/cmd/chimera/internal/shipped" // learners of stored models
	"github.com/gochimera/chimera/config"
	_ "github.com/gochimera/chimera/formats" // files of all formats are read
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/lifeline"
	_ "github.com/gochimera/chimera/models/cloud" // and models from all buckets
)

// Main carries out the command line of this process and ends it.
func Main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	starter, err := lifeline.Watch() // go tool chimera, if that is how it was started
	if err != nil {
		printError(os.Stderr, err)
		os.Exit(misused)
	}
	ctx := untilSignal(starter, signals, func() {
		_, _ = fmt.Fprintln(os.Stderr, saidInterrupted)
		os.Exit(interrupted)
	})
	os.Exit(run(noteLinked(ctx), os.Args[1:], os.Stdout, os.Stderr))
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
	var other *otherExitError
	if errors.As(err, &other) {
		return other.status
	}
	status := statusOf(err)
	if !*started {
		status = misused
	}
	switch status {
	case interrupted:
		_, _ = fmt.Fprintln(stderr, saidInterrupted)
	case misused:
		printError(stderr, err)
		_, _ = fmt.Fprintln(stderr, "chimera: run `chimera help` for how to use it")
	default:
		var ended *program.ExitError
		if !errors.As(err, &ended) || !ended.Said {
			printError(stderr, err)
		}
	}
	return status
}

// printError prints one line per problem. Those of a configuration begin with
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
