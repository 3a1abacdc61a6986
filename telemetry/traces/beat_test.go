package traces_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/telemetry/traces"
	"github.com/gochimera/chimera/workers"
)

// A worker that traces shows that it is alive while a request takes long, as its master asks.
func TestBeats(t *testing.T) {
	c := newCollector(t)
	t.Run("work", func(t *testing.T) {
		w, err := workers.New(workers.Spec{Name: "w1", Role: workers.ModelRole, Project: "test", Learner: "dummy-classifier"}, registry.Default,
			workers.Options{Data: t.TempDir(), Instruments: []workers.Instrument{traces.Instrument()}})
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(w)
		defer func() {
			s.Close()
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}()
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		const head = "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n%s: 1ms\r\nTraceparent: %s\r\n\r\n"
		if _, err := fmt.Fprintf(conn, head, aggregation.PathFit, api.HeaderBeat, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(conn)
		for range 3 { // it waits for the body, which is not sent yet
			if res, err := http.ReadResponse(r, nil); err != nil || res.StatusCode != http.StatusProcessing {
				t.Fatalf("no sign of life: %v, %v", res, err)
			}
		}
		if _, err := io.WriteString(conn, "{}"); err != nil {
			t.Fatal(err)
		}
		status := http.StatusProcessing
		for status == http.StatusProcessing {
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			status = res.StatusCode
		}
		if status != http.StatusServiceUnavailable { // it has no rows
			t.Errorf("answered %d", status)
		}
	})
	if n := len(c.Traces()["0af7651916cd43dd8448eb211c80319c"]); n != 1 {
		t.Errorf("the request has %d spans, want 1", n)
	}
}
