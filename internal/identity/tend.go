package identity

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"time"
)

// Tend renews the certificates of workers before they run out, until ctx ends; workers returns their URLs by name.
func (a *Authority) Tend(ctx context.Context, log *slog.Logger, workers func() map[string]string) {
	if a.mode != MTLS {
		return
	}
	tick := time.NewTicker(Lifetime / 8)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for name, at := range workers() {
			if err := a.visit(ctx, name, at); err != nil && ctx.Err() == nil {
				log.DebugContext(ctx, "a worker's certificate could not be looked at", "worker", name, "error", err) // its master finds out itself
			}
		}
	}
}

// visit makes a connection to a worker, which renews its certificate if it is time.
func (a *Authority) visit(ctx context.Context, worker, at string) error {
	u, err := url.Parse(at)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, renewWithin)
	defer cancel()
	plain, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return err
	}
	conn, err := a.Secure(ctx, plain, worker)
	if err != nil {
		return err
	}
	return conn.Close()
}
