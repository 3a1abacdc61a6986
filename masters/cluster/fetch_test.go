package cluster

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// storing is a worker whose part takes a time to be encoded, and then has so many bytes.
func storing(t *testing.T, takes time.Duration, size int) http.Handler {
	t.Helper()
	n, err := node.New(node.Spec{Name: "w1", Role: "worker"}, registry.Info{}, nil, node.Options{}, "Stores.")
	if err != nil {
		t.Fatal(err)
	}
	snapshot := endpoint.Endpoint[endpoint.None, done]{Method: http.MethodGet, Path: "/v1/chimera/part", Form: endpoint.Frame}
	node.HandleQuery(n, snapshot, func(ctx context.Context, _ endpoint.None, _ []node.Array) (done, []node.Array, error) {
		return done{"w1"}, []node.Array{{Name: "part", Shape: []int{size}, Data: make([]float64, size)}}, transport.Sleep(ctx, takes)
	})
	return n
}

// trickling is a worker that sends a byte each minute and falls silent after so many.
func trickling(size int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range size {
			if transport.Sleep(r.Context(), time.Minute) != nil {
				return
			}
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
		}
		if r.URL.Query().Has("silent") {
			<-r.Context().Done()
		}
	})
}

// slowly is a writer that takes its time, as a bucket may.
type slowly struct {
	size  int
	takes time.Duration
}

func (s *slowly) Write(p []byte) (int, error) {
	time.Sleep(s.takes)
	s.size += len(p)
	return len(p), nil
}

// A part is waited for while it is being encoded, comes or is written, however long that takes in all. Only the worker's silence ends it,
// and not that of who takes the part.
func TestOnlySilenceEndsAPart(t *testing.T) {
	for _, tt := range []struct {
		name   string
		worker func(t *testing.T) http.Handler
		path   string
		writes time.Duration
		least  time.Duration
		fails  string // empty: it comes
	}{
		{name: "encoded for an hour", least: time.Hour, path: "/v1/chimera/part",
			worker: func(t *testing.T) http.Handler { t.Helper(); return storing(t, time.Hour, 100) }},
		{name: "on its way for an hour", least: time.Hour, path: "/part", worker: func(*testing.T) http.Handler { return trickling(60) }},
		{name: "written for an hour", least: time.Hour, writes: time.Hour, path: "/part", worker: func(*testing.T) http.Handler { return trickling(1) }},
		{name: "frozen", least: 100 * time.Second, path: "/part", fails: "no sign of life for 1m40s (endpoints.timeout)",
			worker: func(*testing.T) http.Handler { return frozen() }},
		{name: "frozen on its way", least: 160 * time.Second, path: "/part?silent", fails: "no sign of life for 1m40s (endpoints.timeout)",
			worker: func(*testing.T) http.Handler { return trickling(1) }},
		{name: "frozen after it was written for an hour", least: time.Hour + 160*time.Second, writes: time.Hour, path: "/part?silent",
			fails: "no sign of life for 1m40s (endpoints.timeout)", worker: func(*testing.T) http.Handler { return trickling(1) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pool(map[string]http.Handler{"w1": tt.worker(t)}, nil)
				to, start := &slowly{takes: tt.writes}, time.Now()
				err := p.Fetch(t.Context(), p.Members[0], tt.path, to)
				took := time.Since(start)
				p.end()
				if tt.fails == "" && (err != nil || to.size == 0) {
					t.Errorf("%d bytes after %v: %v", to.size, took, err)
				}
				if tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails) || !errors.Is(err, transport.ErrTimeout)) {
					t.Errorf("after %v: %v; want an error that says %q", took, err, tt.fails)
				}
				if took < tt.least {
					t.Errorf("it took %v, want at least %v", took, tt.least)
				}
			})
		})
	}
}

// Who wants no part any more does not wait for it.
func TestAPartIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool(map[string]http.Handler{"w1": frozen()}, nil)
		because := errors.New("because")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(because) })
		if err := p.Fetch(ctx, p.Members[0], "/part", io.Discard); !errors.Is(err, because) {
			t.Errorf("got %v", err)
		}
		p.end()
	})
}
