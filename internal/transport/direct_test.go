package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/internal/transport"
)

// echo answers with the request's body, and counts connections.
func echo(t *testing.T) (server *httptest.Server, connections *atomic.Int64) {
	t.Helper()
	connections = &atomic.Int64{}
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.URL.Path == "/close" {
			w.Header().Set("Connection", "close")
		}
		_, _ = w.Write(b)
	}))
	server.Config.ConnState = trackNew(connections)
	server.Start()
	t.Cleanup(server.Close)
	return server, connections
}

func say(t *testing.T, c *transport.Client, url, text string) {
	t.Helper()
	a, err := c.Do(t.Context(), transport.Request{Method: http.MethodPost, URL: url, Body: []byte(text)})
	if err != nil || string(a.Body) != text {
		t.Fatalf("got %v, %v", a, err)
	}
}

// Calls one after the other share a connection; calls at the same time have
// one each; large bodies go through; one that the server closes is replaced.
func TestConnectionsAreKept(t *testing.T) {
	server, connections := echo(t)
	c := transport.New(1 << 30)
	defer c.Close()
	for range 10 {
		say(t, c, server.URL, "hello")
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for calls in turn", n)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { say(t, c, server.URL, strings.Repeat("x", 1<<20)) })
	}
	all.Wait()
	if n := connections.Load(); n > 9 {
		t.Errorf("%d connections for 8 calls at once", n)
	}
	before := connections.Load()
	say(t, c, server.URL+"/close", "a")
	say(t, c, server.URL, "b")
	if n := connections.Load(); n > before+1 {
		t.Errorf("%d more connections after one was closed", n-before)
	}
}

// A server that has closed its idle connections is called again on a new one.
func TestAStaleConnectionIsReplaced(t *testing.T) {
	server, connections := echo(t)
	c := transport.New(1 << 20)
	defer c.Close()
	say(t, c, server.URL, "one")
	server.CloseClientConnections()
	say(t, c, server.URL, "two")
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// Calls that were begun are answered in any order of waiting.
func TestBegin(t *testing.T) {
	server, _ := echo(t)
	c := transport.New(1 << 20)
	defer c.Close()
	var calls []*transport.Call
	for _, text := range []string{"a", "b", "c"} {
		calls = append(calls, c.Begin(t.Context(), transport.Request{Method: http.MethodPost, URL: server.URL, Body: []byte(text)}))
	}
	for i := 2; i >= 0; i-- {
		a, err := calls[i].Wait()
		if err != nil || string(a.Body) != string("abc"[i]) {
			t.Errorf("call %d: %v, %v", i, a, err)
		}
	}
}

// A cancelled call ends at once, and its connection is not used again.
func TestCancel(t *testing.T) {
	began := make(chan struct{})
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			close(began)
			<-r.Context().Done()
		}
		_, _ = io.WriteString(w, "late")
	}))
	server.Config.ConnState = trackNew(&connections)
	server.Start()
	defer server.Close()
	c := transport.New(1 << 20)
	defer c.Close()
	because := errors.New("because")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := c.Do(ctx, transport.Request{Method: http.MethodGet, URL: server.URL + "/hang"})
		done <- err
	}()
	<-began
	cancel(because)
	if err := <-done; !errors.Is(err, because) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: server.URL}); err != nil {
		t.Error(err)
	}
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func trackNew(n *atomic.Int64) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			n.Add(1)
		}
	}
}
