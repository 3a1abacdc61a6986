package lines

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// MaxLine is how many bytes of a line are kept in memory; a longer line goes on as
// several, cut between characters, so nothing of it is lost.
const MaxLine = 16 << 10

// Writer is an io.Writer that hands on whole lines, without their line ends. It
// is for one goroutine; Flush comes after the last Write.
type Writer struct {
	emit func(line string)
	part []byte // of a line that has not ended yet, at most MaxLine bytes
}

// New hands every line to emit.
func New(emit func(line string)) *Writer { return &Writer{emit: emit} }

// Write never fails.
func (l *Writer) Write(p []byte) (int, error) {
	n := len(p)
	for {
		line, rest, ended := bytes.Cut(p, []byte{'\n'})
		l.add(line)
		if !ended {
			return n, nil
		}
		l.end()
		p = rest
	}
}

// Flush hands on a last line that no line end followed.
func (l *Writer) Flush() {
	if len(l.part) > 0 {
		l.end()
	}
}

func (l *Writer) add(p []byte) {
	for len(l.part)+len(p) > MaxLine {
		room := MaxLine - len(l.part)
		l.part, p = append(l.part, p[:room]...), p[room:]
		whole := wholeRunes(l.part)
		l.emit(string(l.part[:whole]))
		l.part = slices.Delete(l.part, 0, whole)
	}
	l.part = append(l.part, p...)
}

func (l *Writer) end() {
	l.emit(string(bytes.TrimSuffix(l.part, []byte{'\r'})))
	l.part = l.part[:0]
}

// wholeRunes is the length of b without a character that is cut at its end.
func wholeRunes(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			if utf8.FullRune(b[i:]) {
				break
			}
			return i
		}
	}
	return len(b)
}
