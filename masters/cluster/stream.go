package cluster

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
)

// Fetch copies a member's answer at a path to w as it arrives, so that it is never held in memory. The member is waited
// for while it shows that it is alive, before the answer and in it. It does not retry.
func (c *Cluster) Fetch(ctx context.Context, m *Member, path string, w io.Writer) (err error) {
	r := transport.Request{Method: http.MethodGet, URL: m.URL + path, Node: m.Name}
	limited, patience := c.patient(ctx, &r)
	defer patience.end()
	body, err := c.client.Stream(limited, r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	if _, err = io.Copy(w, &listened{body, patience}); err != nil && limited.Err() != nil {
		return context.Cause(limited) // or else it would only say that it was cancelled
	}
	return err
}

// WriteError reports that what a member sent could not be written.
type WriteError struct{ Err error }

// Error is the reason.
func (e *WriteError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *WriteError) Unwrap() error { return e.Err }

// FetchFrame is Fetch for an answer that is a frame, with A as its head, which is checked on its way: what is
// written is whole if the error is nil. The error is a *WriteError if w failed, and otherwise as that of Call: a
// member that does not answer is marked down.
func FetchFrame[A any](ctx context.Context, c *Cluster, m *Member, path string, w io.Writer) (head A, err error) {
	var passing wire.Passing
	to := &noting{w: w}
	calling, seen := c.watched(ctx, m, &transport.Request{Method: http.MethodGet, URL: m.URL + path, Node: m.Name})
	err = c.Fetch(calling, m, path, io.MultiWriter(to, &passing))
	if to.err != nil {
		err = &WriteError{to.err}
		seen.end(ctx, time.Since(seen.start), to.size, err)
		return head, err
	}
	if err == nil {
		err = passing.Check(&head)
	}
	if err = c.note(ctx, m, m.URL+path, seen, to.size, err); err != nil && ctx.Err() == nil && !isStatus(err) && !transport.Damaged(err) {
		c.Down(ctx, m, err.Error())
	}
	return head, err
}

// noting is a writer that keeps its first error, and counts.
type noting struct {
	w    io.Writer
	err  error
	size int64 // that was written
}

func (n *noting) Write(p []byte) (int, error) {
	size, err := n.w.Write(p)
	n.size += int64(size)
	if n.err == nil {
		n.err = err
	}
	return size, err
}
