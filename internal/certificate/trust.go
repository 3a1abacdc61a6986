package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// Trusting is the configuration of a client that knows whoever it calls by a host's name or address by certificates, as PEM: the other side's is
// one of them, or is of that host and issued by one of them.
func Trusting(text []byte, host string) (*tls.Config, error) {
	roots, given := x509.NewCertPool(), []*x509.Certificate{}
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("a certificate cannot be read: %w", err)
		}
		roots.AddCert(c)
		given = append(given, c)
	}
	if len(given) == 0 {
		return nil, errors.New("there is no certificate: want some in the form PEM")
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: host,
		InsecureSkipVerify: true, // by the system's certificates and always by name: see VerifyConnection
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 {
				return errors.New("who answers has no certificate")
			}
			leaf := state.PeerCertificates[0]
			for _, c := range given {
				if c.Equal(leaf) {
					return inTime(leaf)
				}
			}
			others := x509.NewCertPool()
			for _, c := range state.PeerCertificates[1:] {
				others.AddCert(c)
			}
			_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: others, DNSName: host})
			return err
		},
	}, nil
}

func inTime(c *x509.Certificate) error {
	if now := time.Now(); now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return x509.CertificateInvalidError{Cert: c, Reason: x509.Expired}
	}
	return nil
}
