package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gochimera/chimera/api"
)

// Scale lets the first so many workers of the project take part, and the others leave. Workers are started and ended after the answer; Status
// tells how far they are.
func (c *Client) Scale(ctx context.Context, workers int) (*api.ScaleResponse, error) {
	return c.scale(ctx, api.ScaleRequest{Workers: workers})
}

// ScaleTo is Scale for the workers with these names.
func (c *Client) ScaleTo(ctx context.Context, names ...string) (*api.ScaleResponse, error) {
	return c.scale(ctx, api.ScaleRequest{Names: names})
}

func (c *Client) scale(ctx context.Context, r api.ScaleRequest) (*api.ScaleResponse, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("the request cannot be sent: %w", err)
	}
	if _, err := c.find(ctx); err != nil { // which says so if no master answers
		return nil, err
	}
	return call[api.ScaleResponse](ctx, c, http.MethodPut, api.PathWorkers, body)
}
