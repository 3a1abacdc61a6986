package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"time"
)

// ForClient makes a certificate of the authority in a folder for a client, which is known by a URI, and its key: both as PEM, the
// certificate first. The authority is made if there is none.
func ForClient(folder, project, uri string, lasts time.Duration) ([]byte, error) {
	authority, key, err := authorityIn(folder, project)
	if err != nil {
		return nil, err
	}
	name, err := url.Parse(uri)
	if err != nil {
		return nil, err
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	const longest = 64 // of a common name, RFC 5280
	template, err := newTemplate(uri[:min(len(uri), longest)], time.Now(), lasts)
	if err != nil {
		return nil, err
	}
	template.URIs = []*url.URL{name}
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	raw, err := x509.CreateCertificate(rand.Reader, template, authority, own.Public(), key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	return append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...), nil
}
