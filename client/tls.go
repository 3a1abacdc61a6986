package client

import (
	"crypto/tls"
	"fmt"
	"net/url"

	"github.com/gochimera/chimera/internal/certificate"
)

// WithCA has the client know the master by certificates, as PEM, instead of by those that this machine trusts: the master's is one of
// them, or is of the host in its URL and issued by one of them. Of a project with security.tls: generated it is the text of chimera_tls/ca.crt.
func WithCA(certificates []byte) Option {
	return func(c *Client) error {
		u, err := url.Parse(c.base)
		if err != nil {
			return err
		}
		trusting, err := certificate.Trusting(certificates, u.Hostname())
		if err == nil {
			c.http.Trust(trusting)
		}
		return err
	}
}

// WithCertificate has the client show a certificate, for a master whose chimera.yaml has security.clients: mtls: a certificate and its key, as
// PEM. It comes after WithCA or WithTLS, if one of them is given.
func WithCertificate(text []byte) Option {
	return func(c *Client) error {
		own, err := tls.X509KeyPair(text, text)
		if err != nil {
			return fmt.Errorf("there is no certificate with its key: %w", err)
		}
		c.http.Show(own)
		return nil
	}
}

// WithTLS has the client talk TLS as a configuration of the caller's own says.
func WithTLS(as *tls.Config) Option {
	return func(c *Client) error {
		c.http.Trust(as)
		return nil
	}
}
