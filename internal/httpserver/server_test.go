package httpserver_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/internal/httpserver"
)

// queue is a listener that accepts what is put into it.
type queue struct {
	conns chan net.Conn
	end   chan struct{}
}

func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.end:
		return nil, net.ErrClosed
	}
}

func (q *queue) Close() error   { close(q.end); return nil }
func (q *queue) Addr() net.Addr { return &net.TCPAddr{} }

// dial serves an empty page for as long as the test runs, and connects to it.
func dial(t *testing.T) (client net.Conn) {
	t.Helper()
	server := httpserver.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), slog.New(slog.DiscardHandler))
	q := &queue{conns: make(chan net.Conn), end: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(httpserver.Impatient(q, 0)) }()
	ours, theirs := net.Pipe()
	q.conns <- theirs
	t.Cleanup(func() {
		_ = ours.Close()
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the server ended: %v", err)
		}
	})
	return ours
}

// A header is complete in time, or the connection ends, though something of it comes every second.
func TestSlowHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := dial(t)
		start := time.Now()
		ended := make(chan struct{})
		go func() { // until the server has had enough
			defer close(ended)
			for _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n"); err == nil; _, err = io.WriteString(conn, "X: y\r\n") {
				time.Sleep(time.Second)
			}
		}()
		answer, _ := io.ReadAll(conn)
		took := time.Since(start)
		<-ended
		if took != httpserver.HeaderTimeout || strings.Contains(string(answer), "200 OK") {
			t.Errorf("after %s: %q", took, answer)
		}
	})
}

// A header of up to 64 KiB is read; a larger one is refused.
func TestLargeHeaders(t *testing.T) {
	for length, status := range map[int]int{
		httpserver.MaxHeader - 1<<10: http.StatusOK, httpserver.MaxHeader + 16<<10: http.StatusRequestHeaderFieldsTooLarge,
		10 << 20: http.StatusRequestHeaderFieldsTooLarge,
	} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := dial(t)
				go func() { // it may be cut off
					_, _ = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n", strings.Repeat("y", length))
				}()
				res, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil || res.StatusCode != status {
					t.Errorf("answered %+v, %v; want %d", res, err, status)
				}
				_, _ = io.Copy(io.Discard, conn) // until the server ends the connection
			})
		})
	}
}

// A connection between two requests ends after a while.
func TestIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := dial(t)
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		answer, err := io.ReadAll(conn)
		if err != nil || time.Since(start) != httpserver.IdleTimeout || !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
			t.Errorf("after %s: %q, %v", time.Since(start), answer, err)
		}
	})
}
