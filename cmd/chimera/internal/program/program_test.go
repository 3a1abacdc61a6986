package program_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gochimera/chimera/cmd/chimera/internal/program"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serves prints what chimera.Run prints, and ends at an interrupt or, with
// argument env END, by itself.
const serves = `package main

import (
	"fmt"
	"os"
	"os/signal"
)

func main() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	if os.Getenv("END") == "early" {
		fmt.Fprintln(os.Stderr, "first\nport 80 is in use")
		os.Exit(1)
	}
	fmt.Println("Chimera: test\n  master   http://localhost:4711\n  docs     x")
	fmt.Println("Ready: 2 workers. Press Ctrl-C to stop.")
	if os.Getenv("END") == "late" {
		return
	}
	<-c
	fmt.Println("stopped, project", os.Getenv("CHIMERA_PROJECT"))
}
`

func project(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/test\n\ngo 1.26\n", "main.go": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRunsUntilItIsStopped(t *testing.T) {
	dir := project(t, serves)
	var out bytes.Buffer
	r, err := program.Start(t.Context(), program.Options{Dir: dir, Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	if r.URL != "http://localhost:4711" {
		t.Errorf("the master is at %q", r.URL)
	}
	r.Stop()
	if err := r.Wait(t.Context()); err == nil && !strings.Contains(out.String(), "stopped, project "+dir) {
		t.Errorf("it was not asked to stop:\n%s", &out)
	}
}

func TestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := program.Start(ctx, program.Options{Dir: project(t, serves)})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := r.Wait(ctx); err != nil {
		t.Error(err)
	}
}

func TestEndsByItself(t *testing.T) {
	dir := project(t, serves)
	_, err := program.Start(t.Context(), program.Options{Dir: dir, Env: []string{"END=early"}})
	var ended *program.ExitError
	if !errors.As(err, &ended) || err.Error() != "the project's program ended: port 80 is in use" {
		t.Errorf("got %v", err)
	}
	r, err := program.Start(t.Context(), program.Options{Dir: dir, Env: []string{"END=late"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(t.Context()); err != nil {
		t.Errorf("with status 0: %v", err)
	}
}

func TestDoesNotBuild(t *testing.T) {
	_, err := program.Start(t.Context(), program.Options{Dir: project(t, "package main\n\nfunc main() { nothing() }\n")})
	var broken *program.BuildError
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), "undefined: nothing") {
		t.Errorf("got %v", err)
	}
}
