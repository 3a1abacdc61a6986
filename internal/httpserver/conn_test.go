package httpserver_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/internal/httpserver"
)

// one is a listener that accepts one connection.
type one struct {
	net.Listener
	conn net.Conn
}

func (o one) Accept() (net.Conn, error) { return o.conn, nil }

// pair is a connection as a server has it, and the client's end. Nothing is buffered between them.
func pair(t *testing.T, stall time.Duration) (server, client net.Conn) {
	t.Helper()
	a, b := net.Pipe()
	server, err := httpserver.Impatient(one{conn: a}, stall).Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	return server, b
}

// A client that takes a byte every 20 s gets all of an answer, though it takes 200 s; one that takes nothing for 30 s
// does not hold the server any longer.
func TestStalledClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, 0)
		done := make(chan error, 1)
		start := time.Now()
		go func() {
			_, err := server.Write(make([]byte, 10))
			done <- err
		}()
		for range 10 {
			time.Sleep(20 * time.Second)
			if _, err := io.ReadFull(client, make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-done; err != nil {
			t.Errorf("a slow client was cut off: %v", err)
		}
		if took := time.Since(start); took != 200*time.Second {
			t.Errorf("the answer took %s", took)
		}
		start = time.Now()
		if err := server.SetWriteDeadline(start.Add(time.Second)); err != nil { // as some handlers do
			t.Fatal(err)
		}
		n, err := server.Write(make([]byte, 10))
		if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != httpserver.DefaultWriteTimeout {
			t.Errorf("a client that reads nothing: %d bytes, %v after %s", n, err, time.Since(start))
		}
	})
}

// A connection that the client has closed is an error at once, and what was taken before is counted.
func TestClosedClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, time.Minute)
		go func() {
			_, _ = io.ReadFull(client, make([]byte, 3))
			_ = client.Close()
		}()
		start := time.Now()
		n, err := server.Write(make([]byte, 10))
		if n != 3 || err == nil || time.Since(start) != 0 {
			t.Errorf("%d bytes, %v after %s", n, err, time.Since(start))
		}
	})
}
