package transport

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// Upload makes a call whose body is read as it is sent: size bytes, or -1 if that is not known. The other side may refuse it
// before it is sent. The error is as Do's.
func (c *Client) Upload(ctx context.Context, r Request, body io.Reader, size int64) (*Answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, io.NopCloser(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL, err)
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", r.ContentType)
	req.Header.Set("Accept", r.Accept)
	tell(ctx, req)
	c.present(req)
	req.Header.Set("Expect", "100-continue")
	res, err := c.http.RoundTrip(req)
	if err != nil {
		return nil, explain(ctx, err)
	}
	b, err := readAll(res, c.maxAnswer)
	_ = res.Body.Close() // it was read
	switch {
	case err != nil:
		return nil, explain(ctx, err)
	case !isSuccess(res):
		return nil, statusError(res, b)
	}
	return &Answer{Status: res.StatusCode, ContentType: res.Header.Get("Content-Type"), Body: b, Size: int64(len(b))}, nil
}
