// Command gate does what .ci/run cannot say in a line of shell:
//
//	gate test [flags of go test] packages   go test, and what was slow
//	gate link packages                      what to build so that everything is compiled and each kind of program linked
//	gate nocgo packages                     whose tests are other tests without cgo
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
		return fmt.Errorf("want a verb (test, link, nocgo) and packages, got %q", args)
	}
	verb, rest := args[0], args[1:]
	switch verb {
	case "test":
		return test(ctx, rest, out)
	case "link":
		listed, err := list(ctx, nil, rest)
		return printLines(out, toLink(listed), err)
	case "nocgo":
		paths, err := withoutCgo(ctx, rest)
		return printLines(out, paths, err)
	default:
		return fmt.Errorf("unknown verb %q: want test, link or nocgo", verb)
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

// test runs go test and reports; its error is that of go test.
func test(ctx context.Context, args []string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
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
