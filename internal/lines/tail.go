package lines

import (
	"strings"
	"sync"
)

const (
	tailLines = 20
	tailWidth = 1 << 10 // bytes kept of each line
)

// Tail keeps the last lines of a stream. From a Go panic or fatal error on it
// keeps the first lines instead: the reason stands there, and the stack that
// follows may be long. The zero value is ready and safe for several goroutines.
type Tail struct {
	mu      sync.Mutex
	lines   []string
	crashed bool
}

// Add takes the next line.
func (t *Tail) Add(line string) {
	if len(line) > tailWidth {
		line = line[:wholeRunes([]byte(line[:tailWidth]))] + " ..."
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
		t.crashed = true
		t.lines = t.lines[:0]
	}
	if len(t.lines) == tailLines {
		if t.crashed {
			return
		}
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
	t.lines = append(t.lines, line)
}

// String is the kept lines, without a line end after the last.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "\n")
}

// Reason is the one line that most likely says why the process ended: the
// first of a crash, else the last.
func (t *Tail) Reason() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch n := len(t.lines); {
	case n == 0:
		return ""
	case t.crashed:
		return t.lines[0]
	default:
		return t.lines[n-1]
	}
}
