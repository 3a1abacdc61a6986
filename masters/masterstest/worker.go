package masterstest

import (
	"net/http"
	"sync"
	"testing"

	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
)

// worker is a worker whose answers can be held back.
type worker struct {
	*mastertest.Worker
	dir    string // of its rows
	damage damager

	mu   sync.Mutex
	hold chan struct{} // requests that change something wait until it is closed; nil if they are not held
	held chan struct{} // a request is waiting
}

// write gives the worker the rows that it has after its next start.
func (w *worker) write(t *testing.T, rows learner.Dataset) {
	t.Helper()
	mastertest.WriteShard(t, w.dir, "", rows)
}

// waiting makes requests wait while the worker is held.
func (w *worker) waiting(handler http.Handler) http.Handler {
	w.damage.handler = handler
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.wait(r)
		w.damage.ServeHTTP(rw, r)
	})
}

// wait holds back a request that changes something, while the worker is held.
func (w *worker) wait(r *http.Request) {
	w.mu.Lock()
	hold, held := w.hold, w.held
	w.mu.Unlock()
	if hold == nil || r.Method != http.MethodPost {
		return
	}
	select {
	case held <- struct{}{}:
	default:
	}
	select {
	case <-hold:
	case <-r.Context().Done():
	}
}

// holdBack makes requests wait. The channel receives a value once one is waiting; release lets all of
// them continue.
func (w *worker) holdBack() (held <-chan struct{}, release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	hold := make(chan struct{})
	w.hold, w.held = hold, make(chan struct{}, 1)
	return w.held, sync.OnceFunc(func() {
		w.mu.Lock()
		w.hold = nil
		w.mu.Unlock()
		close(hold)
	})
}
