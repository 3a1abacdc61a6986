package identity

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// bearer begins an Authorization header with a token (RFC 6750).
const bearer = "Bearer "

// Caller is whoever calls nodes: a master by its [Authority], or a worker its neighbours.
type Caller interface {
	Scheme() string
	Encrypted() bool
	Authorize(node string) string
	Secure(ctx context.Context, plain net.Conn, node string) (net.Conn, error)
}

var (
	_ Caller = (*Authority)(nil)
	_ Caller = (*Worker)(nil)
)

// newConfig is what both sides of a connection have in common.
func newConfig(own *tls.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{*own}, NextProtos: []string{"http/1.1"},
		SessionTicketsDisabled:      true, // a connection is kept: there is little to resume, and every one is checked whole
		DynamicRecordSizingDisabled: true, // the readers want all of a frame, and nothing sooner
	}
}

// conn is a connection whose other side has shown who it is. That side may still refuse this one, which it says before the first answer.
type conn struct {
	*tls.Conn
	below *gathered
	node  string
}

// Write sends what belongs together, such as a request, with few system calls.
func (c *conn) Write(b []byte) (int, error) {
	c.below.begin()
	n, err := c.Conn.Write(b)
	if sent := c.below.end(); err == nil && sent != nil {
		return 0, sent
	}
	return n, err
}

// Read reads, and says what a refusal means.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		err = refusedBy(c.node, err)
	}
	return n, err
}

// connect makes a connection a secure one, if verify finds nothing wrong with the other side's certificate. If it fails, the
// connection is closed.
func connect(ctx context.Context, plain net.Conn, node string, own *tls.Certificate, verify func(leaf *x509.Certificate) error) (*conn, error) {
	config := newConfig(own)
	config.InsecureSkipVerify = true // which looks for a host's name; VerifyConnection verifies the certificate itself, whole
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("it has no certificate")
		}
		return verify(state.PeerCertificates[0])
	}
	below := &gathered{Conn: plain}
	secure := tls.Client(below, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = plain.Close() // the reason is the handshake's
		return nil, refusedBy(node, err)
	}
	return &conn{secure, below, node}, nil
}

// RefusedError says that the node at an address is not the one that it should be, or does not know who calls.
type RefusedError struct {
	Node string
	Err  error
}

// Error names the node.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("worker %s and this program do not know each other: %v", e.Node, e.Err)
}

// Unwrap is the reason.
func (e *RefusedError) Unwrap() error { return e.Err }

// refusedBy tells a peer that is another, or does not talk TLS, from a connection that broke.
func refusedBy(node string, err error) error {
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name *NameError
	var record tls.RecordHeaderError
	var said *net.OpError
	switch {
	case errors.As(err, &record):
		return &RefusedError{node, errors.New("it does not talk TLS: was it started without an identity?")}
	case errors.As(err, &verify), errors.As(err, &authority), errors.As(err, &invalid), errors.As(err, &name),
		errors.As(err, &said) && said.Op == "remote error": // an alert
		return &RefusedError{node, err}
	}
	return err
}

// transport calls one node.
type transport struct {
	caller Caller
	node   string
	http   *http.Transport
}

func newTransport(caller Caller, node string) *transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	t := &transport{caller: caller, node: node}
	t.http = &http.Transport{DialContext: dialer.DialContext, Proxy: http.ProxyFromEnvironment}
	t.http.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		plain, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return caller.Secure(ctx, plain, node)
	}
	if caller.Encrypted() {
		t.http.Proxy = nil // one would have to be trusted
	}
	return t
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if value := t.caller.Authorize(t.node); value != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", value)
	}
	return t.http.RoundTrip(r)
}

// CloseIdleConnections ends the connections that are kept.
func (t *transport) CloseIdleConnections() { t.http.CloseIdleConnections() }

// tokenOf is the token of a request; empty if it has none.
func tokenOf(r *http.Request) string {
	value := r.Header.Get("Authorization")
	if len(value) < len(bearer) || !strings.EqualFold(value[:len(bearer)], bearer) {
		return ""
	}
	return value[len(bearer):]
}
