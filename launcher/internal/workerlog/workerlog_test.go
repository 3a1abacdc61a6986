package workerlog

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestLines(t *testing.T) {
	long := strings.Repeat("x", MaxLine)
	tests := []struct {
		name   string
		writes []string
		want   []string
	}{
		{"nothing", nil, nil},
		{"one line", []string{"a\n"}, []string{"a"}},
		{"a line in three writes", []string{"a", "b", "c\n"}, []string{"abc"}},
		{"two lines in one write", []string{"a\nb\n"}, []string{"a", "b"}},
		{"empty lines are lines", []string{"\n\na\n"}, []string{"", "", "a"}},
		{"carriage return", []string{"a\r\n"}, []string{"a"}},
		{"the last line has no end", []string{"a\nb"}, []string{"a", "b"}},
		{"the longest line stays whole", []string{long, "\n"}, []string{long}},
		{"a longer line goes on as two", []string{long + "y\nz\n"}, []string{long, "y", "z"}},
		{"a long line without an end", []string{long + long + "y"}, []string{long, long, "y"}},
		{"cut between characters", []string{long[1:] + "é\n"}, []string{long[1:], "é"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			l := NewLines(func(s string) { got = append(got, s) })
			for _, w := range tt.writes {
				if n, err := l.Write([]byte(w)); n != len(w) || err != nil {
					t.Fatalf("Write = %d, %v; want %d, nil", n, err, len(w))
				}
			}
			l.Flush()
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("lines (-want +got):\n%s", d)
			}
		})
	}
}

// Whatever the writes, the lines are those of the whole text, and a cut line is valid UTF-8.
func TestLinesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "é", "漢", "😀", "\n", strings.Repeat("漢x", MaxLine/4)}), 0, 12).Draw(t, "text"), "")
		var got []string
		l := NewLines(func(s string) { got = append(got, s) })
		for rest := []byte(text); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			_, _ = l.Write(rest[:n])
			rest = rest[n:]
		}
		l.Flush()
		if all := strings.Join(got, ""); all != strings.ReplaceAll(text, "\n", "") {
			t.Fatalf("%d bytes came out of %d", len(all), len(text))
		}
		for _, line := range got {
			if len(line) > MaxLine || !utf8.ValidString(line) {
				t.Fatalf("a line of %d bytes, valid UTF-8: %v", len(line), utf8.ValidString(line))
			}
		}
	})
}

func TestTail(t *testing.T) {
	numbered := func(from, to int) (lines []string) {
		for i := from; i <= to; i++ {
			lines = append(lines, fmt.Sprint("line ", i))
		}
		return lines
	}
	wide := strings.Repeat("x", 2*tailWidth)
	stack := append([]string{"panic: boom"}, numbered(1, 40)...)
	tests := []struct {
		name      string
		add, want []string
	}{
		{"few", numbered(1, 3), numbered(1, 3)},
		{"the last twenty", numbered(1, 50), numbered(31, 50)},
		{"wide lines are cut", []string{wide}, []string{wide[:tailWidth] + " ..."}},
		{"a panic keeps its reason", append(numbered(1, 30), stack...), stack[:20]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var tail Tail
			for _, line := range tt.add {
				tail.Add(line)
			}
			if d := cmp.Diff(strings.Join(tt.want, "\n"), tail.String()); d != "" {
				t.Errorf("tail (-want +got):\n%s", d)
			}
		})
	}
}

func TestLogWritesTerminalAndFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	var screen bytes.Buffer
	terminal := NewTerminal(&screen)
	for range 2 { // the second run appends
		l, err := Open("tree1", dir, terminal, func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
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
	l, err := Open("tree1", "", NewTerminal(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
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
	if _, err := Open("tree1", file, NewTerminal(nil), nil); err == nil || !strings.Contains(err.Error(), "tree1") {
		t.Errorf("error %v, want one that names tree1", err)
	}
}

func TestWriteFailureIsToldOnce(t *testing.T) {
	var told []error
	l, err := Open("tree1", t.TempDir(), NewTerminal(nil), func(err error) { told = append(told, err) })
	if err != nil {
		t.Fatal(err)
	}
	if err := l.file.Close(); err != nil { // as a full disk would: writes fail from here
		t.Fatal(err)
	}
	l.Out("one")
	l.Out("two")
	if len(told) != 1 {
		t.Errorf("told %v, want one error", told)
	}
}

// Lines of two workers never mix on the terminal.
func TestTerminalKeepsLinesWhole(t *testing.T) {
	var screen bytes.Buffer
	terminal := NewTerminal(&screen)
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		l, err := Open(name, "", terminal, nil)
		if err != nil {
			t.Fatal(err)
		}
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
