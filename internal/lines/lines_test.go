package lines

import (
	"fmt"
	"strings"
	"testing"
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
			l := New(func(s string) { got = append(got, s) })
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
		parts := rapid.SampledFrom([]string{"a", "é", "漢", "😀", "\n", strings.Repeat("漢x", MaxLine/4)})
		text := strings.Join(rapid.SliceOfN(parts, 0, 12).Draw(t, "text"), "")
		var got []string
		l := New(func(s string) { got = append(got, s) })
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

// The reason of a crash is its first line, any other the last.
func TestReason(t *testing.T) {
	for _, tt := range []struct {
		name string
		add  []string
		want string
	}{
		{"nothing", nil, ""},
		{"an error", []string{"starting", "port 80 is in use"}, "port 80 is in use"},
		{"a panic", []string{"starting", "panic: boom", "goroutine 1 [running]:"}, "panic: boom"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var tail Tail
			for _, line := range tt.add {
				tail.Add(line)
			}
			if got := tail.Reason(); got != tt.want {
				t.Errorf("reason %q, want %q", got, tt.want)
			}
		})
	}
}
