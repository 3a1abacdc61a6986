package launchertest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/gochimera/chimera/launcher"
)

// Script is what one worker of a [Launcher] does.
type Script struct {
	Handler http.Handler // of everything but health and ready; nil answers 404

	StartError error         // the launch fails with it
	ExitAt     int           // the worker dies at this request to Handler (the first is 1), unanswered; 0: never
	Exit       launcher.Exit // how it dies then; Worker is filled in
}

// worker is one server.
type worker struct {
	name   string
	script Script
	server *httptest.Server
	died   func(launcher.Exit)

	mu       sync.Mutex
	requests int
	dead     bool
}

func newWorker(w launcher.Worker, s Script, died func(launcher.Exit)) *worker {
	if s.Handler == nil {
		s.Handler = http.NotFoundHandler()
	}
	s.Exit.Worker = w.Name
	k := &worker{name: w.Name, script: s, died: died}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/chimera/health", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		// A client that has gone misses nothing.
		_ = json.NewEncoder(rw).Encode(map[string]string{"status": "ok", "node": w.Name, "config_hash": w.Hash})
	})
	mux.HandleFunc("GET /v1/chimera/ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/", k.serve)
	k.server = httptest.NewServer(mux)
	return k
}

func (w *worker) serve(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.requests++
	last := w.requests == w.script.ExitAt
	w.mu.Unlock()
	if last {
		w.die(w.script.Exit)
		panic(http.ErrAbortHandler) // which ends the connection without an answer
	}
	w.script.Handler.ServeHTTP(rw, r)
}

// die stops listening and breaks every connection; false if it was dead.
func (w *worker) die(e launcher.Exit) bool {
	w.mu.Lock()
	was := w.dead
	w.dead = true
	w.mu.Unlock()
	if was {
		return false
	}
	_ = w.server.Listener.Close() // what it could say is that it is closed
	w.server.CloseClientConnections()
	w.died(e)
	return true
}

// end is die without a word, and waits for the handlers.
func (w *worker) end() {
	w.mu.Lock()
	w.dead = true
	w.mu.Unlock()
	w.server.CloseClientConnections()
	w.server.Close()
}
