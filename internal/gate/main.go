// Command gate does the parts of .ci/run that are too long for a line of shell:
//
//	gate report go test [flags] packages    runs that, and prints what was slow
//	gate link packages                      what to build so that everything is compiled and each kind of program linked
//	gate nocgo packages                     whose tests are other tests without cgo
//	gate fuzz 2000x packages                runs every fuzz target on so many inputs; what fails stays in its testdata
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) < 2 {
		return fmt.Errorf("want a verb (report, link, nocgo, fuzz) and what it is about, got %q", args)
	}
	verb, rest := args[0], args[1:]
	switch verb {
	case "report":
		return runTests(ctx, rest, out)
	case "link":
		listed, err := list(ctx, nil, rest)
		return printLines(out, toLink(listed), err)
	case "nocgo":
		paths, err := withoutCgo(ctx, rest)
		return printLines(out, paths, err)
	case "fuzz":
		if len(rest) < 2 || !isCount(rest[0]) {
			return fmt.Errorf("fuzz: want a number of inputs for each target, such as 2000x, and packages, got %q", rest)
		}
		return fuzz(ctx, rest[0], rest[1:], out)
	default:
		return fmt.Errorf("unknown verb %q: want report, link, nocgo or fuzz", verb)
	}
}

func printLines(out io.Writer, lines []string, err error) error {
	for _, l := range lines {
		if _, err := fmt.Fprintln(out, l); err != nil {
			return err
		}
	}
	return err
}

// runTests runs a go test command and prints its results, then what was slow; its
// error is that of go test.
func runTests(ctx context.Context, command []string, out io.Writer) error {
	if len(command) < 3 || command[0] != "go" || command[1] != "test" {
		return fmt.Errorf("report: want go test and packages, got %q", command)
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, command[2:]...)...)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r := newReport(out)
	readErr := r.read(events)
	if err := cmd.Wait(); err != nil {
		r.slowest(out, shown)
		return fmt.Errorf("go test: %w", err)
	}
	r.slowest(out, shown)
	return readErr
}
