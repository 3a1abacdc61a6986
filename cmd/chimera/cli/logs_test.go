package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// logProject is a project with a log of its worker w.
func logProject(t *testing.T, yaml, text string) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(dir, "chimera_logs", "w.log")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{filepath.Join(dir, "chimera.yaml"): yaml, file: text} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(dir, "no.sock"))
	return dir, file
}

// What a worker wrote is found for every launcher, or it is said where else it is.
func TestLogsOfEveryLauncher(t *testing.T) {
	const local = "project: p\nlearner: dummy-classifier\nworkers: [{name: w}, {name: silent}]\nlauncher: "
	for _, c := range []struct {
		what, yaml, worker string
		status             int
		says               string
	}{
		{"processes", local + "process\n", "w", succeeded, "loaded\nfitted\n"},
		{"in the program", local + "inprocess\n", "w", succeeded, "loaded\nfitted\n"},
		{"no engine", local + "docker\n", "w", failed, "does not answer"},
		{"elsewhere", "launcher: external\nworkers: [{name: w, url: 'http://10.0.0.7:8081'}]\n", "w", failed, "runs elsewhere (http://10.0.0.7:8081)"},
		{"nothing written", local + "process\n", "silent", failed, "worker silent has written nothing yet"},
		{"no such worker", local + "process\n", "x", badInput, `has no worker "x": its workers are w, silent`},
	} {
		dir, _ := logProject(t, c.yaml, "loaded\nfitted\n")
		var out bytes.Buffer
		if got := run(t.Context(), []string{"logs", c.worker, "--project", dir}, &out, &out); got != c.status || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: status %d, want %d, and %q in\n%s", c.what, got, c.status, c.says, &out)
		}
	}
}

// A log that is followed goes on with what is added, until Ctrl-C, which is no failure.
func TestLogsFollow(t *testing.T) {
	dir, file := logProject(t, "workers: [{name: w}]\nlearner: dummy-classifier\n", "first\n")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	read, write := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, []string{"logs", "-f", "w", "--project", dir}, write, io.Discard)
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	for i, want := range []string{"first", "added 1", "added 2"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("line %q, want %q", lines.Text(), want)
		}
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(f, "added %d\n", i+1)
		if closed := f.Close(); err != nil || closed != nil {
			t.Fatal(err, closed)
		}
	}
	interrupt()
	_, _ = io.Copy(io.Discard, read)
	if got := <-status; got != succeeded {
		t.Errorf("status %d after the interrupt", got)
	}
}

// Lines of JSON are text for people, and with --json all lines are objects, whichever way they were written.
func TestLogsOfBothForms(t *testing.T) {
	const (
		stamped = `2026-11-29T12:00:00.500Z level=INFO msg="training data loaded" worker=w rows=3`
		object  = `{"time":"2026-11-29T12:00:01Z","level":"WARN","msg":"ending, as faults.die_at asks","worker":"w","run":"f1","step":2}`
		torn    = "panic: no end"
	)
	dir, _ := logProject(t, "workers: [{name: w}]\nlearner: dummy-classifier\n", stamped+"\n"+object+"\n"+torn)
	for _, c := range []struct{ flag, want string }{
		{"--quiet", stamped + "\n" + `2026-11-29T12:00:01Z level=WARN msg="ending, as faults.die_at asks" worker=w run=f1 step=2` + "\n" + torn + "\n"},
		{"--json", `{"time":"2026-11-29T12:00:00.5Z","level":"INFO","msg":"level=INFO msg=\"training data loaded\" worker=w rows=3","worker":"w"}` + "\n" +
			object + "\n" + `{"level":"INFO","msg":"panic: no end","worker":"w"}` + "\n"},
	} {
		var out, errs bytes.Buffer
		if got := run(t.Context(), []string{"logs", "w", "--project", dir, c.flag}, &out, &errs); got != succeeded || out.String() != c.want {
			t.Errorf("%s: status %d: %s\nprinted\n%s\nwant\n%s", c.flag, got, &errs, &out, c.want)
		}
	}
}
