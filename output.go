package chimera

import (
	"io"
	"sync"
)

// WithOutput redirects what Run prints: stdout for people, stderr for logs. One piece is written after the other, so
// that both may be the same writer, and need not be safe for use by several goroutines.
func WithOutput(stdout, stderr io.Writer) Option {
	turn := &sync.Mutex{}
	return func(o *options) { o.stdout, o.stderr = &inTurn{turn, stdout}, &inTurn{turn, stderr} }
}

// inTurn is a writer that shares its turn with others.
type inTurn struct {
	turn *sync.Mutex
	w    io.Writer
}

// Write implements [io.Writer].
func (t *inTurn) Write(p []byte) (int, error) {
	t.turn.Lock()
	defer t.turn.Unlock()
	return t.w.Write(p)
}
