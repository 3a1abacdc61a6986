package identity

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// tapped hands connections to an address on, and keeps what callers send.
type tapped struct {
	address string

	mu   sync.Mutex
	sent bytes.Buffer
}

func tap(t *testing.T, to string) *tapped {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tapped{address: l.Addr().String()}
	var handing sync.WaitGroup
	handing.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			handing.Go(func() { p.hand(t, from, to) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		handing.Wait()
	})
	return p
}

func (p *tapped) hand(t *testing.T, from net.Conn, address string) {
	t.Helper()
	defer func() { _ = from.Close() }()
	to, err := new(net.Dialer).DialContext(context.WithoutCancel(t.Context()), "tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(from, to)
		_ = from.Close()
	})
	_, _ = io.Copy(io.MultiWriter(p, to), from) // kept before it is answered
	_ = to.Close()
	back.Wait()
}

// Write keeps what a caller has sent.
func (p *tapped) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent.Write(text)
}

func (p *tapped) seen() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.sent.Bytes())
}

// What a master has sent to a worker, somebody who has heard it can send again: as it is, it opens no connection, and nothing of a request can
// be read in it.
func TestWhatWasHeardIsOfNoUse(t *testing.T) {
	now := start
	a := at(t, "iris", MTLS, &now)
	w := worker(t, a, "a")
	address := serve(t, w)
	wire := tap(t, address)
	if got, err := call(t, a, wire.address, "a"); err != nil || got != "{true } true" {
		t.Fatalf("by way of the one who listens: %q, %v", got, err)
	}
	heard := wire.seen()
	if len(heard) == 0 || bytes.Contains(heard, []byte("GET /")) || bytes.Contains(heard, []byte("HTTP/1.1")) {
		t.Fatalf("%d bytes were heard, and show a request", len(heard))
	}
	for name, text := range map[string][]byte{"all of it": heard, "without the greeting": heard[len(heard)/2:]} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(text); err != nil {
			t.Logf("%s: it hung up before it had all: %v", name, err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute)) // reached only if it waits for more
		answer, err := io.ReadAll(conn)
		if err != nil && !isHungUp(err) {
			t.Errorf("%s: %v", name, err)
		}
		if bytes.Contains(answer, []byte("200 OK")) || bytes.Contains(answer, []byte("{true }")) {
			t.Errorf("%s: answered %q", name, answer)
		}
		_ = conn.Close()
	}
}

// isHungUp reports whether the other end has closed the connection.
func isHungUp(err error) bool {
	var timeout net.Error
	return !errors.As(err, &timeout) || !timeout.Timeout()
}
