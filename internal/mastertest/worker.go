package mastertest

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// Worker is a worker that can be killed and restarted at its address.
type Worker struct {
	Name, Address string
	Make          func() http.Handler // makes a worker without a model, at every start
	Server        *httptest.Server
	Connections   atomic.Int64 // opened so far

	liar atomic.Pointer[liar] // answers in its place; nil if it is honest
}

// liar answers a request in the place of a worker, which it may ask.
type liar func(honest http.Handler, rw http.ResponseWriter, r *http.Request)

// Add starts a worker.
func (c *Cluster) Add(name string, handler func() http.Handler) *Worker {
	c.T.Helper()
	w := &Worker{Name: name, Make: handler}
	c.Workers = append(c.Workers, w)
	w.Start(c.T)
	c.T.Cleanup(w.Kill)
	return w
}

// Made makes a worker of this module with the rows in a folder. The test fails if that is not
// possible.
func Made(t *testing.T, spec workers.Spec, reg *registry.Registry, dir string) func() http.Handler {
	t.Helper()
	return func() http.Handler {
		w, err := workers.New(spec, reg, workers.Options{Data: dir, Procs: 1})
		if err == nil {
			err = w.Load(t.Context())
		}
		if err != nil {
			t.Error(err)
			return http.NotFoundHandler()
		}
		return w
	}
}

// Start starts a worker: the first time at a free address, and then always at that one.
func (w *Worker) Start(t *testing.T) {
	t.Helper()
	address := w.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	w.Address = l.Addr().String()
	honest := w.Make()
	w.liar.Store(nil)
	answer := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if lie := w.liar.Load(); lie != nil {
			(*lie)(honest, rw, r)
			return
		}
		honest.ServeHTTP(rw, r)
	})
	w.Server = &httptest.Server{Listener: l, Config: &http.Server{Handler: answer, ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			w.Connections.Add(1)
		}
	}}}
	w.Server.Start()
}

// Kill ends a worker as kill -9 would: its connections break.
func (w *Worker) Kill() {
	_ = w.Server.Listener.Close() // first, or a caller whose connection broke would come back at once
	w.Server.CloseClientConnections()
	w.Server.Close()
}
