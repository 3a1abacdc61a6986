// Package httpserver makes the HTTP servers by which nodes are called: how long a header
// may take and how long it may be, how long a connection may stay idle, and how long a
// client may take nothing of its answer. There is no limit for a whole request: a fit
// may take hours, and so may a stream of events.
package httpserver

import (
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// What every server allows. A body has the limits of its operation (internal/rest).
const (
	HeaderTimeout = 10 * time.Second // for reading a request's header
	IdleTimeout   = 5 * time.Minute  // of a connection between two requests; nodes keep theirs for less
	MaxHeader     = 64 << 10         // bytes
)

// DefaultWriteTimeout is how long a client may take nothing of its answer, unless that is set.
const DefaultWriteTimeout = 30 * time.Second

// New makes a server for a handler. Its own errors are warnings in log.
func New(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: HeaderTimeout, IdleTimeout: IdleTimeout, MaxHeaderBytes: MaxHeader,
		ErrorLog: stdlog.New(&errorLog{log: log}, "", 0),
	}
}

// Impatient makes a listener whose connections break when a peer takes nothing of what is written
// to it for as long as stall; 0 means DefaultWriteTimeout. A peer that is slow but reads is
// served to the end.
func Impatient(l net.Listener, stall time.Duration) net.Listener {
	if stall <= 0 {
		stall = DefaultWriteTimeout
	}
	return &listener{l, stall}
}

type listener struct {
	net.Listener
	stall time.Duration
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{c, l.stall}, nil
}
