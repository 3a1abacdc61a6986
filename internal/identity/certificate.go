package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"time"
)

// How long certificates last.
const (
	Lifetime     = 24 * time.Hour // of a master and a worker
	rootLifetime = 10 * 365 * 24 * time.Hour
	clockSkew    = 5 * time.Minute // how much the clocks of two machines may differ
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

// pair is a certificate in DER, with its key.
type pair struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newRoot makes a project's certificate authority.
func newRoot(project string, now time.Time) (*pair, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template, err := newTemplate(project+" workers", now, rootLifetime)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign
	certificate, err := sign(template, &pair{template, key}, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	return &pair{certificate, key}, nil
}

// leaf makes a certificate for somebody's key.
func (root *pair) leaf(uri string, key crypto.PublicKey, now time.Time, lasts time.Duration) (*x509.Certificate, error) {
	name, err := url.Parse(uri)
	if err != nil {
		return nil, fmt.Errorf("naming a certificate: %w", err)
	}
	template, err := newTemplate(uri, now, lasts)
	if err != nil {
		return nil, err
	}
	template.URIs = []*url.URL{name}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} // a stage also calls its neighbours
	return sign(template, root, key)
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return key, nil
}

func newTemplate(name string, now time.Time, lasts time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("numbering a certificate: %w", err)
	}
	const longest = 64 // of a common name, RFC 5280
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name[:min(len(name), longest)]},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(lasts),
	}, nil
}

func sign(template *x509.Certificate, by *pair, key crypto.PublicKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, key, by.key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	return x509.ParseCertificate(der)
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

const (
	certificateBlock = "CERTIFICATE"
	keyBlock         = "PRIVATE KEY"
)

func encodeCertificate(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: c.Raw}))
}

func encodeKey(key *ecdsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("writing a key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der})), nil
}

func decodeCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != certificateBlock {
		return nil, errors.New("there is no certificate in PEM form")
	}
	return x509.ParseCertificate(block.Bytes)
}

func decodeKey(text string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != keyBlock {
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
