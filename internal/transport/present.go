package transport

import (
	"crypto/tls"
	"net/http"
)

// Present has every request show who calls: what by gives is the header Authorization, unless that is empty. It comes before the first call.
func (c *Client) Present(by func() string) { c.presents = by }

// Trust says by which certificates those who answer over https are known, and which certificate is shown to them. It comes before the
// first call.
func (c *Client) Trust(as *tls.Config) { c.http.TLSClientConfig = as }

func (c *Client) present(req *http.Request) {
	if c.presents == nil {
		return
	}
	if value := c.presents(); value != "" {
		req.Header.Set(headerAuthorization, value)
	}
}
