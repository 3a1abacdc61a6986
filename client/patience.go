package client

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
)

// How often a request is sent that the master puts off since its sender's address has sent too many (limits.rate), and how long
// the client waits for it. The master has done nothing with it, so that any request may be sent again.
const (
	sendAtMost = 5
	waitAtMost = 30 * time.Second // each time
)

// patient makes a call, and again after as long as the master says if it has come too early.
func patient[T any](ctx context.Context, call func() (T, error)) (T, error) {
	for tries := 1; ; tries++ {
		v, err := call()
		var s *transport.StatusError
		if !errors.As(err, &s) || s.Code() != api.CodeTooManyRequests || tries == sendAtMost || s.After > waitAtMost {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, err
		case <-time.After(max(s.After, time.Second)):
		}
	}
}

// send makes a request.
func (c *Client) send(ctx context.Context, r transport.Request) (*transport.Answer, error) {
	return patient(ctx, func() (*transport.Answer, error) { return c.http.Do(ctx, r) })
}

// stream makes a request whose answer is read as it comes.
func (c *Client) stream(ctx context.Context, r transport.Request) (io.ReadCloser, error) {
	return patient(ctx, func() (io.ReadCloser, error) { return c.http.Stream(ctx, r) })
}
