package rig

import (
	"context"
	"log/slog"
	"net"
	"net/http"

	"github.com/gochimera/chimera/internal/httpserver"
)

// host is an HTTP server on loopback.
type host struct {
	address string // empty before the first start
	server  *http.Server
	done    chan struct{} // closed when the server has ended
}

// serve serves a handler: the first time at a free address, and then always at that one. link, if it is not nil, wraps the listener.
func (h *host) serve(ctx context.Context, handler http.Handler, link func(net.Listener) net.Listener) error {
	address := h.address
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	h.address = l.Addr().String()
	if link != nil {
		l = link(l)
	}
	server, done := httpserver.New(handler, slog.New(slog.DiscardHandler)), make(chan struct{})
	h.server, h.done = server, done
	go func() {
		defer close(done)
		_ = server.Serve(l) // until stop closes it
	}()
	return nil
}

// stop breaks all connections, as kill -9 would; a host that is stopped already stays so.
func (h *host) stop() error {
	if h.server == nil {
		return nil
	}
	err := h.server.Close()
	<-h.done
	h.server = nil
	return err
}

func (h *host) url() string { return "http://" + h.address }
