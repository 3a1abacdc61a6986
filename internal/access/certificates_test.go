package access

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
)

// issuer issues certificates.
type issuer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "those who issue"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), SerialNumber: big.NewInt(1),
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := issuer{template, key}
	i.certificate = i.issue(t, template, &key.PublicKey)
	return i
}

func (i issuer) issue(t *testing.T, template *x509.Certificate, key *ecdsa.PublicKey) *x509.Certificate {
	t.Helper()
	raw, err := x509.CreateCertificate(rand.Reader, template, i.certificate, key, i.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// client is a certificate for a client with a name.
func (i issuer) client(t *testing.T, uri string, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	name, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Minute), URIs: []*url.URL{name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	change(template)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return i.issue(t, template, &key.PublicKey)
}

// A certificate has the role that its name says, if a known authority has issued it to a client of the project, and it has not run out.
func TestWhoIsAdmittedByCertificate(t *testing.T) {
	ours, other := newIssuer(t), newIssuer(t)
	file := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ours.certificate.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	of, err := ReadAuthorities(file, "iris")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	g := NewCertificateGuard(of, slog.New(slog.NewTextHandler(&log, nil)))
	if !g.AsksCertificates() {
		t.Error("it does not ask for certificates")
	}
	same := func(*x509.Certificate) {}
	predict, admin := ClientURI("iris", Predict, "shop"), ClientURI("iris", Admin, "ann")
	for name, tt := range map[string]struct {
		shown []*x509.Certificate
		need  Role
		code  api.Code
	}{
		"who may predict, and predicts":   {[]*x509.Certificate{ours.client(t, predict, same)}, Predict, ""},
		"who may predict, and fits":       {[]*x509.Certificate{ours.client(t, predict, same)}, Admin, api.CodeForbidden},
		"an administrator":                {[]*x509.Certificate{ours.client(t, admin, same)}, Admin, ""},
		"nobody":                          {nil, Predict, api.CodeUnauthenticated},
		"nobody, where nobody is needed":  {nil, Open, ""},
		"of another authority":            {[]*x509.Certificate{other.client(t, admin, same)}, Predict, api.CodeUnauthenticated},
		"of another, with ours beside it": {[]*x509.Certificate{other.client(t, admin, same), ours.certificate}, Predict, api.CodeUnauthenticated},
		"of another project":              {[]*x509.Certificate{ours.client(t, ClientURI("wine", Admin, "ann"), same)}, Predict, api.CodeUnauthenticated},
		"of another role":                 {[]*x509.Certificate{ours.client(t, "chimera://iris/client/root/ann", same)}, Predict, api.CodeUnauthenticated},
		"of no role":                      {[]*x509.Certificate{ours.client(t, "chimera://iris/client/admin", same)}, Predict, api.CodeUnauthenticated},
		"of a worker":                     {[]*x509.Certificate{ours.client(t, "chimera://iris/worker/admin/x", same)}, Predict, api.CodeUnauthenticated},
		"with the name in another scheme": {[]*x509.Certificate{ours.client(t, "https://iris/client/admin/ann", same)}, Predict, api.CodeUnauthenticated},
		"that has run out": {[]*x509.Certificate{ours.client(t, admin, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) })},
			Predict, api.CodeUnauthenticated},
		"that is not valid yet": {[]*x509.Certificate{ours.client(t, admin, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Second * 30) })},
			Predict, api.CodeUnauthenticated},
		"of a server": {[]*x509.Certificate{ours.client(t, admin, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })},
			Predict, api.CodeUnauthenticated},
		"of the authority itself": {[]*x509.Certificate{ours.certificate}, Predict, api.CodeUnauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time it may be known
				r, header := request(), http.Header{}
				r.TLS = &tls.ConnectionState{PeerCertificates: tt.shown}
				p := g.Admit(header, r, tt.need)
				if (p == nil) != (tt.code == "") || p != nil && p.Code != tt.code {
					t.Fatalf("the problem is %v, want %q", p, tt.code)
				}
				if (header.Get("WWW-Authenticate") != "") != (tt.code == api.CodeUnauthenticated) {
					t.Errorf("the challenge is %q", header.Get("WWW-Authenticate"))
				}
			}
		})
	}
	r := request("Bearer " + g.Local())
	if p := g.Admit(http.Header{}, r, Admin); p != nil {
		t.Errorf("the project's own programs: %v", p)
	}
	if p := g.Admit(http.Header{}, request("Bearer "+anAdmin), Predict); p == nil || p.Code != api.CodeUnauthenticated {
		t.Errorf("a token of others, where certificates count: %v", p)
	}
}

func TestUnreadableAuthorities(t *testing.T) {
	i := newIssuer(t)
	leaf := i.client(t, ClientURI("iris", Admin, "ann"), func(*x509.Certificate) {})
	for text, says := range map[string]string{
		"":               "there is no certificate",
		"no certificate": "there is no certificate",
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})): "a certificate cannot be read",
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})):    "is not that of an authority",
	} {
		file := filepath.Join(t.TempDir(), "ca.crt")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadAuthorities(file, "iris"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.30q: %v, want %q", text, err, says)
		}
	}
}
