package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gochimera/chimera/internal/httpserver"
)

// Serve answers on l until ctx ends; then it stops accepting, lets running
// requests finish for up to grace, and returns nil. Any other end is an error. Of the limits, it is concerned with
// how long a client may take nothing of an answer.
func Serve(ctx context.Context, l net.Listener, h http.Handler, limits Limits, grace time.Duration, log *slog.Logger) error {
	return ServeOn(ctx, httpserver.Impatient(l, limits.WriteTimeout), h, grace, log)
}

// ServeOn is Serve on a listener that is impatient already, and may do something more, such as TLS.
func ServeOn(ctx context.Context, l net.Listener, h http.Handler, grace time.Duration, log *slog.Logger) error {
	requests, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	server := httpserver.New(h, log)
	server.BaseContext = func(net.Listener) context.Context { return requests }
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(stopping)
	abort()
	if err != nil {
		log.WarnContext(ctx, "requests were still running and were cut off", "after", grace)
		err = server.Close()
	}
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
