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
	"github.com/gochimera/chimera/internal/handshake"
)

func TestMain(m *testing.M) {
	cache, err := os.MkdirTemp("", "program-test-")
	if err == nil {
		err = os.Setenv("CHIMERA_CACHE", cache)
	}
	if err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(cache)
		os.Exit(code)
	}))
}

// serves reports what chimera.Run reports, and ends at an interrupt or, with
// argument env END, by itself.
const serves = `package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
)

func main() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	n, err := strconv.Atoi(os.Getenv("CHIMERA_PROGRAM_HANDSHAKE"))
	if err != nil {
		panic(err)
	}
	starter := os.NewFile(uintptr(n), "handshake")
	switch os.Getenv("END") {
	case "early":
		fmt.Fprintln(os.Stderr, "first\nport 80 is in use")
		os.Exit(1)
	case "told":
		fmt.Fprintln(starter, "{\"protocol\":\"1.0\",\"event\":\"failed\",\"reason\":\"port_in_use\",\"message\":\"port 80 is in use\"}")
		fmt.Fprintln(os.Stderr, "what people read")
		os.Exit(1)
	case "newer":
		fmt.Fprintln(starter, "{\"protocol\":\"2.0\",\"event\":\"ready\"}")
		<-c
		return
	}
	fmt.Println("Chimera: test\n  master   http://localhost:1\nReady: what people read")
	fmt.Fprintln(starter, "{\"protocol\":\"1.0\",\"event\":\"listening\",\"url\":\"http://localhost:4711\"}")
	fmt.Fprintln(starter, "{\"protocol\":\"1.0\",\"event\":\"ready\"}")
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

// A program that cannot report that its master is ready is not waited for: this one never ends.
func TestSilentProgram(t *testing.T) {
	dir := project(t, "package main\n\nfunc main() { select {} }\n")
	_, err := program.Start(t.Context(), program.Options{Dir: dir})
	var silent *program.SilentError
	const says = " runs no master: its main calls chimera.Run with one, as in the main.go that chimera init writes"
	if !errors.As(err, &silent) || err.Error() != "the program in "+dir+says {
		t.Errorf("got %v", err)
	}
	old := &program.SilentError{Dir: dir, Version: "v0.1.0"}
	if !strings.Contains(old.Error(), "built with Chimera v0.1.0, which is older than that: update it there with go get") {
		t.Error(old)
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
	_, err = program.Start(t.Context(), program.Options{Dir: dir, Env: []string{"END=told"}})
	if !errors.As(err, &ended) || ended.Reason != handshake.PortInUse || err.Error() != "the project's program ended: port 80 is in use" {
		t.Errorf("got %v, reason %q", err, ended.Reason)
	}
	r, err := program.Start(t.Context(), program.Options{Dir: dir, Env: []string{"END=late"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(t.Context()); err != nil {
		t.Errorf("with status 0: %v", err)
	}
}

// A program that this one does not understand is ended, with a sentence.
func TestNewerProgram(t *testing.T) {
	_, err := program.Start(t.Context(), program.Options{Dir: project(t, serves), Env: []string{"END=newer"}})
	var newer *handshake.VersionError
	if !errors.As(err, &newer) || newer.Got != "2.0" {
		t.Errorf("got %v", err)
	}
}

// The executable is in the cache: a command line that is killed leaves nothing in
// the folder for temporary files, and the next start finds what it needs.
func TestBuildsIntoTheCache(t *testing.T) {
	dir, temporary, cache := project(t, serves), t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("CHIMERA_CACHE", cache)
	for range 2 {
		r, err := program.Start(t.Context(), program.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
			t.Errorf("while it runs, there is %v, %v", left, err)
		}
		r.Stop()
	}
	kept, err := filepath.Glob(filepath.Join(cache, "*", "bin", "*"))
	if err != nil || len(kept) != 1 {
		t.Errorf("the cache has %v, %v; want one executable", kept, err)
	}
}

func TestDoesNotBuild(t *testing.T) {
	_, err := program.Start(t.Context(), program.Options{Dir: project(t, "package main\n\nfunc main() { nothing() }\n")})
	var broken *program.BuildError
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), "undefined: nothing") {
		t.Errorf("got %v", err)
	}
}
