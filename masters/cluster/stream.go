package cluster

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/gochimera/chimera/internal/transport"
)

// Fetch copies a member's answer at a path to w as it arrives, so that it is never held in memory. It
// does not retry.
func (c *Cluster) Fetch(ctx context.Context, m *Member, path string, w io.Writer) (err error) {
	ctx, cancel := c.deadline(ctx)
	defer cancel()
	body, err := c.client.Stream(ctx, transport.Request{Method: http.MethodGet, URL: m.URL + path})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	_, err = io.Copy(w, body)
	return err
}
