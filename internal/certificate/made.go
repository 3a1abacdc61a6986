package certificate

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/pki"
)

// The files of an authority: clients are given the first.
const (
	AuthorityFile = "ca.crt"
	keyFile       = "ca.key"
)

// How long certificates last. That of the authority is given to clients; the master's own is in memory only, and renewed long before its end.
const (
	authorityLasts = 10 * 365 * 24 * time.Hour
	masterLasts    = 30 * 24 * time.Hour
	renewBefore    = 10 * 24 * time.Hour
)

// Made has a certificate of an authority of the project's own, for the names and addresses that the master is called by. The authority's
// files are in a folder, and are made if there are none.
func Made(folder, project string, names []string, addresses []net.IP, log *slog.Logger) (*Source, error) {
	authority, err := authorityIn(folder, project)
	if err != nil {
		return nil, err
	}
	s := &Source{log: log, trust: pki.EncodeCertificate(authority.Certificate)}
	s.fresh = func(current *tls.Certificate) (*tls.Certificate, error) {
		now := time.Now()
		if current != nil && now.Before(current.Leaf.NotAfter.Add(-renewBefore)) {
			return nil, nil
		}
		own, err := pki.NewKey()
		if err != nil {
			return nil, err
		}
		template, err := pki.NewTemplate("master of "+project, now, masterLasts)
		if err != nil {
			return nil, err
		}
		template.DNSNames, template.IPAddresses = names, addresses
		template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		leaf, err := authority.Sign(template, own.Public())
		if err != nil {
			return nil, err
		}
		return &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: own, Leaf: leaf}, nil
	}
	return s, s.begin()
}

// authorityIn reads the authority in a folder, or makes one.
func authorityIn(folder, project string) (*pki.Authority, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, AuthorityFile), filepath.Join(folder, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return newAuthority(folder, project)
	}
	if err != nil {
		return nil, fmt.Errorf("the authority in %s cannot be read; remove the folder for another, which clients then have to be given: %w", folder, err)
	}
	key, is := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !is || !pair.Leaf.IsCA || time.Now().Add(masterLasts).After(pair.Leaf.NotAfter) {
		return nil, fmt.Errorf("the authority in %s is none of Chimera's, or runs out on %s: remove the folder for another, which clients then have to be given",
			folder, pair.Leaf.NotAfter.Format(time.DateOnly))
	}
	return &pki.Authority{Certificate: pair.Leaf, Key: key}, nil
}

func newAuthority(folder, project string) (*pki.Authority, error) {
	for _, name := range []string{AuthorityFile, keyFile} {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			return nil, fmt.Errorf("of %s and %s in %s only one is there: put the other back, or remove the folder for another authority",
				AuthorityFile, keyFile, folder)
		}
	}
	authority, err := pki.NewAuthority("Chimera project "+project, time.Now(), authorityLasts)
	if err != nil {
		return nil, err
	}
	secret, err := pki.EncodeKey(authority.Key)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	if err := atomicfile.WriteSecret(filepath.Join(folder, keyFile), secret); err != nil {
		return nil, err
	}
	return authority, atomicfile.WriteFile(filepath.Join(folder, AuthorityFile), pki.EncodeCertificate(authority.Certificate))
}
