package transport

import (
	"context"
	"net"
	"net/http"
)

// Security is by what the nodes of a project know each other (internal/identity).
type Security interface {
	// Encrypted reports whether connections go through Secure. They go straight then, through no proxy.
	Encrypted() bool
	// Secure makes a connection to a node a secure one, or closes it.
	Secure(ctx context.Context, plain net.Conn, node string) (net.Conn, error)
	// Authorize is the Authorization header of a request to a node; empty for none.
	Authorize(node string) string
}

// Secure has the calls of requests that name a node show who calls, and find out who answers. It comes before the first call; nil, for
// none, is allowed.
func (c *Client) Secure(s Security) { c.security, c.direct.security = s, s }

const headerAuthorization = "Authorization"

// authorize says who calls, if the node that is called wants to know it.
func (c *Client) authorize(req *http.Request, node string) {
	if c.security == nil || node == "" {
		return
	}
	if value := c.security.Authorize(node); value != "" {
		req.Header.Set(headerAuthorization, value)
	}
}

// encrypts reports whether connections to a node are secured.
func (c *Client) encrypts(req *http.Request, node string) bool {
	return req.URL.Scheme == "https" && c.security != nil && c.security.Encrypted() && node != ""
}

// goesDirectly reports whether a request goes without http.Transport.
func (c *Client) goesDirectly(req *http.Request, node string) bool {
	if req.URL.Scheme == "https" {
		return c.encrypts(req, node)
	}
	proxy, err := c.proxy(req)
	return err == nil && proxy == nil && req.URL.Scheme == "http"
}

// through is what brings a request for a stream to a node.
func (c *Client) through(req *http.Request, node string) *http.Transport {
	if !c.encrypts(req, node) {
		return c.http
	}
	if t, made := c.secured.Load(node); made {
		return t.(*http.Transport)
	}
	t := c.http.Clone()
	t.Proxy = nil // it would have to be trusted
	t.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		plain, err := c.direct.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return c.security.Secure(ctx, plain, node)
	}
	kept, _ := c.secured.LoadOrStore(node, t)
	return kept.(*http.Transport)
}
