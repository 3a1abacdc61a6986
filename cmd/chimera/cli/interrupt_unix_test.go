//go:build unix

package cli

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A command that waits for standard input ends with the first signal.
func TestInterruptedWhileReading(t *testing.T) {
	for name, rows := range map[string]string{
		"a table": "a,b\n" + strings.Repeat("1,2\n", 1<<15), "a row": "a,b\n" + strings.Repeat("1", 1<<17), "nothing but blanks": strings.Repeat("\n", 1<<17),
		"a list": "[" + strings.Repeat(`{"a":1},`, 1<<14), "a list that begins": "[" + strings.Repeat(" ", 1<<17), "a body": "{\n" + strings.Repeat(" ", 1<<17),
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(name+", "+signal.String(), func(t *testing.T) {
				theirs, ours, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = ours.Close() }()
				cmd := exec.CommandContext(t.Context(), "chimera", "predict", "--url", "http://127.0.0.1:1", "--batch", "1000000")
				var stderr strings.Builder
				cmd.Stdin, cmd.Stderr, cmd.Dir = theirs, &stderr, t.TempDir()
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				_ = theirs.Close()
				// There are more rows than a pipe holds: when they are written, the command reads, and then waits for more.
				if _, err := io.WriteString(ours, rows); err != nil {
					t.Fatalf("%v\n%s", errors.Join(err, cmd.Wait()), &stderr)
				}
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait()
				if status := cmd.ProcessState.ExitCode(); status != interrupted || stderr.String() != "chimera: interrupted\n" {
					t.Errorf("status %d, want %d: %s", status, interrupted, &stderr)
				}
			})
		}
	}
}

// A command that does not look at its context, as one that reads a file that never goes on, ends with a later signal.
func TestInterruptedTwice(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skipf("SKIPPED: there are no named pipes here: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "chimera", "inspect", fifo)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	open, err := os.OpenFile(fifo, os.O_WRONLY, 0) // waits for the command to open it too
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.Close() }()
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for range 5000 {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		select {
		case <-ended:
			if status := cmd.ProcessState.ExitCode(); status != interrupted || stderr.String() != "chimera: interrupted\n" {
				t.Errorf("status %d, want %d: %s", status, interrupted, &stderr)
			}
			return
		case <-again.C:
		}
	}
	t.Error("it never ended")
}
