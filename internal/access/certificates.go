package access

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// ClientURI is the name in the certificate of a project's client, by which its role is known.
func ClientURI(project string, role Role, name string) string {
	return (&url.URL{Scheme: "chimera", Host: project, Path: "/client/" + string(role) + "/" + name}).String()
}

// roleOf reads the role of a project's client from its certificate.
func roleOf(project string, c *x509.Certificate) (Role, error) {
	for _, u := range c.URIs {
		rest, is := strings.CutPrefix(u.Path, "/client/")
		role, name, named := strings.Cut(rest, "/")
		if u.Scheme != "chimera" || u.Host != project || !is || !named || name == "" {
			continue
		}
		return ParseRole(role)
	}
	return Open, fmt.Errorf("it has no name such as %s", ClientURI(project, Predict, "name"))
}

// Authorities say whose clients' certificates a master of a project takes.
type Authorities struct {
	project string
	roots   *x509.CertPool

	mu    sync.Mutex
	known map[[sha256.Size]byte]verified // certificates that were verified, by their digests: a client shows its own again and again
}

// verified is what was found out about a certificate.
type verified struct {
	role Role
	ends time.Time
}

// mostKnown is how many verified certificates are remembered.
const mostKnown = 1024

// ReadAuthorities reads certificates of authorities from a file, as PEM.
func ReadAuthorities(file, project string) (*Authorities, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	a := &Authorities{project: project, roots: x509.NewCertPool(), known: map[[sha256.Size]byte]verified{}}
	count := 0
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
			return nil, fmt.Errorf("%s: a certificate cannot be read: %w", file, err)
		}
		if !c.IsCA {
			return nil, fmt.Errorf("%s: the certificate of %q is not that of an authority", file, c.Subject.CommonName)
		}
		a.roots.AddCert(c)
		count++
	}
	if count == 0 {
		return nil, fmt.Errorf("%s: there is no certificate: want some in the form PEM", file)
	}
	return a, nil
}

// role is what the client may do who has shown certificates, its own first, and that the key of that is its own.
func (a *Authorities) role(shown []*x509.Certificate) (Role, error) {
	if len(shown) == 0 {
		return Open, errors.New("there is none")
	}
	own, now := shown[0], time.Now()
	sum := sha256.Sum256(own.Raw)
	a.mu.Lock()
	v, known := a.known[sum]
	a.mu.Unlock()
	if known && now.Before(v.ends) {
		return v.role, nil
	}
	others := x509.NewCertPool()
	for _, c := range shown[1:] {
		others.AddCert(c)
	}
	chains, err := own.Verify(x509.VerifyOptions{
		Roots: a.roots, Intermediates: others, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return Open, err
	}
	role, err := roleOf(a.project, own)
	if err != nil {
		return Open, err
	}
	ends := own.NotAfter
	for _, c := range chains[0] {
		if c.NotAfter.Before(ends) {
			ends = c.NotAfter
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.known) >= mostKnown {
		clear(a.known)
	}
	a.known[sum] = verified{role, ends}
	return role, nil
}
