package certificate

import (
	"crypto/x509"
	"net/url"
	"time"

	"github.com/gochimera/chimera/internal/pki"
)

// ForClient makes a certificate of the authority in a folder for a client, which is known by a URI, and its key: both as PEM, the
// certificate first. The authority is made if there is none.
func ForClient(folder, project, uri string, lasts time.Duration) ([]byte, error) {
	authority, err := authorityIn(folder, project)
	if err != nil {
		return nil, err
	}
	name, err := url.Parse(uri)
	if err != nil {
		return nil, err
	}
	own, err := pki.NewKey()
	if err != nil {
		return nil, err
	}
	template, err := pki.NewTemplate(uri, time.Now(), lasts)
	if err != nil {
		return nil, err
	}
	template.URIs = []*url.URL{name}
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	leaf, err := authority.Sign(template, own.Public())
	if err != nil {
		return nil, err
	}
	secret, err := pki.EncodeKey(own)
	if err != nil {
		return nil, err
	}
	return append(pki.EncodeCertificate(leaf), secret...), nil
}
