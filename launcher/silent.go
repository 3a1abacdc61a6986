package launcher

import (
	"net"
	"net/http"
	"sync"
)

// silentConns are a server's connections on which no request has begun. HTTP
// clients keep such spares, and http.Server.Shutdown would wait for them.
type silentConns struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
	ended bool
}

// track is an http.Server's ConnState.
func (s *silentConns) track(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.conns, conn)
	case s.ended:
		_ = conn.Close()
	default:
		if s.conns == nil {
			s.conns = map[net.Conn]struct{}{}
		}
		s.conns[conn] = struct{}{}
	}
}

// end closes them, now and from now on.
func (s *silentConns) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for conn := range s.conns {
		_ = conn.Close()
	}
}
