package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/gochimera/chimera/internal/pki"
)

// How long certificates last.
const (
	Lifetime     = 24 * time.Hour // of a master and a worker
	rootLifetime = 10 * 365 * 24 * time.Hour
)

const (
	scheme     = "chimera"
	masterPath = "/master"
	workerPath = "/worker/"
)

// masterURI is the master's name in its certificate.
func masterURI(project string) string { return scheme + "://" + project + masterPath }

// workerURI is a worker's.
func workerURI(project, name string) string { return scheme + "://" + project + workerPath + name }

// newRoot makes a project's certificate authority.
func newRoot(project string, now time.Time) (*pki.Authority, error) {
	return pki.NewAuthority(project+" workers", now, rootLifetime)
}

// newLeaf makes a certificate for somebody's key.
func newLeaf(root *pki.Authority, uri string, key crypto.PublicKey, now time.Time, lasts time.Duration) (*x509.Certificate, error) {
	name, err := url.Parse(uri)
	if err != nil {
		return nil, fmt.Errorf("naming a certificate: %w", err)
	}
	template, err := pki.NewTemplate(uri, now, lasts)
	if err != nil {
		return nil, err
	}
	template.URIs = []*url.URL{name}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} // a stage also calls its neighbours
	return root.Sign(template, key)
}

// check verifies a certificate of the other side: that the root has signed it, that it is valid now, and that it is the one of uri. late
// allows one that has run out.
func check(root, certificate *x509.Certificate, now time.Time, late bool, uri string) error {
	if late && now.After(certificate.NotAfter) {
		now = certificate.NotAfter
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	if _, err := certificate.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return err
	}
	if len(certificate.URIs) != 1 {
		return fmt.Errorf("the certificate has %d names: want one", len(certificate.URIs))
	}
	if name := certificate.URIs[0].String(); name != uri {
		return &NameError{Got: name, Want: uri}
	}
	return nil
}

// NameError is a certificate of this project that is somebody else's.
type NameError struct{ Got, Want string }

// Error names both.
func (e *NameError) Error() string {
	return fmt.Sprintf("the certificate is that of %s: want %s", e.Got, e.Want)
}

func decodeCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != pki.CertificateBlock {
		return nil, errors.New("there is no certificate in PEM form")
	}
	return x509.ParseCertificate(block.Bytes)
}

func decodeKey(text string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != pki.KeyBlock {
		return nil, errors.New("there is no private key in PEM form")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the private key cannot be read") // nothing of it is repeated
	}
	known, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the private key is a %T: want one for ECDSA", key)
	}
	return known, nil
}
