package node

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
)

// shortestBeat is the shortest pause between two signs of life that a caller may ask for.
const shortestBeat = 20 * time.Millisecond

// beatOf is how often the caller of a request wants to see that the worker is alive; 0 if it does not,
// or could not read an interim answer.
func beatOf(r *http.Request) time.Duration {
	value := r.Header.Get(api.HeaderBeat)
	if value == "" || !r.ProtoAtLeast(1, 1) {
		return 0
	}
	every, err := time.ParseDuration(value)
	if err != nil || every <= 0 {
		return 0
	}
	return max(every, shortestBeat)
}

// beating is a writer of an answer that sends an interim answer every so often until the answer begins:
// the caller sees that the worker is alive, however long the work takes.
type beating struct {
	to    http.ResponseWriter
	every time.Duration

	header http.Header // of the answer, until it begins: the handler sets it while interim answers are sent

	mu    sync.Mutex // of all writing to to, and of what follows
	begun bool       // the answer has begun, or the handler has ended
	timer *time.Timer
}

// newBeating starts to beat; end must be called before the request's handler returns.
func newBeating(to http.ResponseWriter, every time.Duration) *beating {
	b := &beating{to: to, every: every, header: http.Header{}}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.timer = time.AfterFunc(every, b.beat)
	return b
}

func (b *beating) beat() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.begun {
		b.to.WriteHeader(http.StatusProcessing)
		b.timer.Reset(b.every)
	}
}

// begin ends the interim answers; b.mu must be held.
func (b *beating) begin() {
	if b.begun {
		return
	}
	b.begun = true
	b.timer.Stop()
	maps.Copy(b.to.Header(), b.header)
}

func (b *beating) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begin()
}

// Header implements http.ResponseWriter.
func (b *beating) Header() http.Header {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.begun {
		return b.to.Header()
	}
	return b.header
}

// WriteHeader implements http.ResponseWriter.
func (b *beating) WriteHeader(status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begin()
	b.to.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (b *beating) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begin()
	return b.to.Write(p)
}

// FlushError implements what http.ResponseController calls.
func (b *beating) FlushError() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begin()
	return http.NewResponseController(b.to).Flush()
}

// Flush implements http.Flusher.
func (b *beating) Flush() { _ = b.FlushError() }

// Unwrap lets http.ResponseController set the deadlines of the connection.
func (b *beating) Unwrap() http.ResponseWriter { return b.to }
