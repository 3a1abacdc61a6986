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

// Show has a certificate shown to those who answer over https and ask for one. It comes after Trust.
func (c *Client) Show(own tls.Certificate) {
	as := c.http.TLSClientConfig.Clone()
	if as == nil {
		as = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	as.Certificates = []tls.Certificate{own}
	c.http.TLSClientConfig = as
}

func (c *Client) present(req *http.Request) {
	if c.presents == nil {
		return
	}
	if value := c.presents(); value != "" {
		req.Header.Set(headerAuthorization, value)
	}
}
