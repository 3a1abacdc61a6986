package workerlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/logs"
)

func TestLogWritesTerminalAndFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	var screen bytes.Buffer
	terminal := NewTerminal(&screen, logs.Text)
	for range 2 { // the second run appends
		l := Open("tree1", dir, terminal, func(err error) { t.Error(err) })
		l.Out("out")
		l.Err("err")
		if got := l.LastWords(); got != "err" {
			t.Errorf("last words %q, want %q", got, "err")
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	}
	file, err := os.ReadFile(filepath.Join(dir, "tree1.log"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(file)) {
		at, text, _ := strings.Cut(line, " ")
		if when, err := time.Parse(time.RFC3339, at); err != nil || time.Since(when) > time.Hour {
			t.Errorf("line %q begins with no time: %v", line, err)
		}
		got = append(got, text)
	}
	if d := cmp.Diff([]string{"out\n", "err\n", "out\n", "err\n"}, got); d != "" {
		t.Errorf("file (-want +got):\n%s", d)
	}
	if got, want := screen.String(), strings.Repeat("tree1 | out\ntree1 | err\n", 2); got != want {
		t.Errorf("terminal shows %q, want %q", got, want)
	}
}

func TestLastWordsFallBackToStandardOutput(t *testing.T) {
	l := Open("tree1", "", NewTerminal(nil, logs.Text), nil)
	l.Out("goodbye")
	if got := l.LastWords(); got != "goodbye" {
		t.Errorf("last words %q, want %q", got, "goodbye")
	}
}

func TestOpenFailure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var warned []error
	var screen strings.Builder
	l := Open("tree1", file, NewTerminal(&screen, logs.Text), func(err error) { warned = append(warned, err) })
	l.Out("out")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if len(warned) != 1 || !strings.Contains(warned[0].Error(), "tree1") || !strings.Contains(warned[0].Error(), file) {
		t.Errorf("warned %v, want one that names tree1 and %s", warned, file)
	}
	if got := screen.String(); got != "tree1 | out\n" {
		t.Errorf("terminal shows %q", got)
	}
}

func TestWriteFailureIsToldOnce(t *testing.T) {
	var warned []error
	l := Open("tree1", t.TempDir(), NewTerminal(nil, logs.Text), func(err error) { warned = append(warned, err) })
	if err := l.file.Close(); err != nil { // as a full disk would: writes fail from here
		t.Fatal(err)
	}
	l.Out("one")
	l.Out("two")
	if len(warned) != 1 {
		t.Errorf("warned %v, want one error", warned)
	}
}

// What a worker says to its launcher is in no log, but for the reason why it refuses its data, which the launcher shows by itself.
func TestOutput(t *testing.T) {
	dir := t.TempDir()
	var screen bytes.Buffer
	l := Open("tree1", dir, NewTerminal(&screen, logs.Text), func(err error) { t.Error(err) })
	var heard []string
	out := l.Output(func(url string, err error) { heard = append(heard, fmt.Sprint(url, " ", err)) }, func(reason string) { heard = append(heard, reason) })
	for _, line := range []string{"loading", handshake.Announcement("http://h:80", true), "CHIMERA-WORKER-LISTENING http://h:81 protocol=9.0",
		handshake.Refusal("y.csv:3:1: a"), "end"} {
		if _, err := out.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"http://h:80 <nil>", "http://h:81 " + (&handshake.VersionError{Got: "9.0"}).Error(), "y.csv:3:1: a"}
	if d := cmp.Diff(want, heard); d != "" {
		t.Errorf("heard (-want +got):\n%s", d)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := screen.String(), "tree1 | loading\ntree1 | end\n"; got != want {
		t.Errorf("terminal shows %q, want %q", got, want)
	}
	file, err := os.ReadFile(filepath.Join(dir, "tree1.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(file), "y.csv:3:1: a") || strings.Contains(string(file), "CHIMERA-") {
		t.Errorf("the file has\n%s", file)
	}
}

// Lines of two workers never mix on the terminal.
func TestTerminalKeepsLinesWhole(t *testing.T) {
	var screen bytes.Buffer
	terminal := NewTerminal(&screen, logs.Text)
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		l := Open(name, "", terminal, nil)
		wg.Go(func() {
			for range 200 {
				l.Out(strings.Repeat(name, 30))
			}
		})
	}
	wg.Wait()
	want := map[string]int{"a | " + strings.Repeat("a", 30): 200, "b | " + strings.Repeat("b", 30): 200}
	got := map[string]int{}
	for line := range strings.Lines(screen.String()) {
		got[strings.TrimSuffix(line, "\n")]++
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
}

// Standard output and standard error are written by two goroutines. Whatever the
// order in which their lines come, it is the same on the terminal and in the file.
func TestLogHasOneOrder(t *testing.T) {
	dir := t.TempDir()
	var screen bytes.Buffer
	l := Open("tree1", dir, NewTerminal(&screen, logs.Text), func(err error) { t.Error(err) })
	var writers sync.WaitGroup
	for name, take := range map[string]func(string){"out": l.Out, "err": l.Err} {
		writers.Go(func() {
			for i := range 2000 {
				take(fmt.Sprint(name, i))
			}
		})
	}
	writers.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "tree1.log"))
	if err != nil {
		t.Fatal(err)
	}
	shown, kept := strings.Split(screen.String(), "\n"), strings.Split(string(file), "\n")
	for i, line := range shown {
		if line == "" {
			continue
		}
		_, text, _ := strings.Cut(kept[i], " ")
		if line != "tree1 | "+text {
			t.Fatalf("line %d is %q on the terminal and %q in the file", i, line, text)
		}
	}
}

// With JSON there is no name before a line and no time: objects stay as they are, and what else a worker prints becomes one. Last words
// are for people.
func TestLogOfJSON(t *testing.T) {
	const object = `{"time":"2026-11-29T12:00:00Z","level":"ERROR","msg":"the worker ends","worker":"tree1","error":"port 80 is in use"}`
	dir := t.TempDir()
	var screen bytes.Buffer
	l := Open("tree1", dir, NewTerminal(&screen, logs.JSON), func(err error) { t.Error(err) })
	l.Out("printed by a learner")
	l.Err(object)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "tree1.log"))
	if err != nil {
		t.Fatal(err)
	}
	if screen.String() != string(file) {
		t.Errorf("the terminal shows\n%s\nand the file has\n%s", &screen, file)
	}
	printed, second, _ := strings.Cut(string(file), "\n")
	var o struct {
		Time        time.Time
		Msg, Worker string
	}
	if err := json.Unmarshal([]byte(printed), &o); err != nil || o.Msg != "printed by a learner" || o.Worker != "tree1" || time.Since(o.Time) > time.Hour {
		t.Errorf("what it printed is %s (%v)", printed, err)
	}
	if second != object+"\n" {
		t.Errorf("the object became %s", second)
	}
	if got, want := l.LastWords(), `level=ERROR msg="the worker ends" worker=tree1 error="port 80 is in use"`; got != want {
		t.Errorf("last words %s, want %s", got, want)
	}
}
