// Package pki makes keys and certificates: ECDSA P-256, X.509, in PEM.
// It imports the standard library only.
//
// Programs that only use certificates do not link what it calls to make them, as long as they call nothing here that does.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// ClockSkew is how much the clocks of two machines may differ: a certificate is valid from that long before it was made.
const ClockSkew = 5 * time.Minute

// The kinds of blocks in PEM.
const (
	CertificateBlock = "CERTIFICATE"
	KeyBlock         = "PRIVATE KEY" // in PKCS #8
)

// NewKey makes a key.
func NewKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return key, nil
}

// NewTemplate is a certificate that is to be signed, valid from now on, with a number that no other has. What it is for is
// the caller's to say.
func NewTemplate(name string, now time.Time, lasts time.Duration) (*x509.Certificate, error) {
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("numbering a certificate: %w", err)
	}
	const longest = 64 // of a common name, RFC 5280
	return &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: name[:min(len(name), longest)]}, BasicConstraintsValid: true,
		NotBefore: now.Add(-ClockSkew), NotAfter: now.Add(lasts),
	}, nil
}

// Authority signs certificates.
type Authority struct {
	Certificate *x509.Certificate
	Key         *ecdsa.PrivateKey
}

// NewAuthority makes one, whose certificates sign no others.
func NewAuthority(name string, now time.Time, lasts time.Duration) (*Authority, error) {
	template, err := NewTemplate(name, now, lasts)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.MaxPathLenZero, template.KeyUsage = true, true, x509.KeyUsageCertSign
	return SignItself(template)
}

// SignItself makes a key, and a certificate of it that it signs itself.
func SignItself(template *x509.Certificate) (*Authority, error) {
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	certificate, err := (&Authority{template, key}).Sign(template, key.Public())
	if err != nil {
		return nil, err
	}
	return &Authority{certificate, key}, nil
}

// Sign makes a certificate of somebody's key.
func (a *Authority) Sign(template *x509.Certificate, key crypto.PublicKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, a.Certificate, key, a.Key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}

// EncodeCertificate is a certificate in PEM.
func EncodeCertificate(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: CertificateBlock, Bytes: c.Raw})
}

// EncodeKey is a key in PEM.
func EncodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("writing a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: KeyBlock, Bytes: der}), nil
}
