//go:build linux

package realcluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority is by which the cluster's programs know each other.
type authority struct {
	dir  string // with NAME.crt and NAME.key of everybody
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority makes one, in a folder.
func newAuthority(dir string) (*authority, error) {
	a := &authority{dir: dir}
	ca := &x509.Certificate{
		Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	return a, a.issue("ca", ca)
}

// issue makes a certificate and its key. The first one is the authority's own.
func (a *authority) issue(name string, c *x509.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	if a.cert == nil {
		a.cert, a.key = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, key.Public(), a.key)
	if err != nil {
		return err
	}
	if c == a.cert {
		if a.cert, err = x509.ParseCertificate(der); err != nil {
			return err
		}
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(a.file(name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(a.file(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}), 0o600),
	)
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// server makes the certificate of what listens at an address.
func (a *authority) server(name, address string, names ...string) error {
	return a.issue(name, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, DNSNames: names, IPAddresses: []net.IP{net.ParseIP(address), net.IPv4(10, 96, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
}

// client makes a certificate for somebody who calls the API server, and a kubeconfig with it.
func (a *authority) client(name, server, user string, groups ...string) error {
	err := a.issue(name, &x509.Certificate{
		Subject: pkix.Name{CommonName: user, Organization: groups}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return err
	}
	user = fmt.Sprintf("{client-certificate: %s, client-key: %s}", a.file(name+".crt"), a.file(name+".key"))
	return os.WriteFile(a.file(name+".kubeconfig"), []byte(kubeconfig(server, a.file("ca.crt"), user)), 0o600)
}

// kubeconfig says where the cluster is and who calls; its namespace is default.
func kubeconfig(server, authority, user string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: %q, certificate-authority: %s}}]
users: [{name: test, user: %s}]
contexts: [{name: test, context: {cluster: test, user: test}}]
current-context: test
`, server, authority, user)
}
