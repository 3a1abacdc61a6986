package masterstest

import (
	"net/http"
	"sync"

	"github.com/gochimera/chimera/internal/mastertest"
)

// worker is a worker whose answers can be held back.
type worker struct {
	*mastertest.Worker
	mu   sync.Mutex
	hold chan struct{} // requests that change something wait until it is closed; nil: they do not
	held chan struct{} // a request is waiting
}

// waiting has requests wait while the worker is held.
func (w *worker) waiting(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.wait(r)
		handler.ServeHTTP(rw, r)
	})
}

// wait holds a request back that changes something, while the worker is held.
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

// holdBack makes requests wait. The channel has a value once one does; release
// lets all of them go on.
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
