package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/gochimera/chimera/internal/atomicfile"
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
	skew           = 5 * time.Minute // that a client's clock may be behind
)

// Made has a certificate of an authority of the project's own, for the names and addresses that the master is called by. The authority's
// files are in a folder, and are made if there are none.
func Made(folder, project string, names []string, addresses []net.IP, log *slog.Logger) (*Source, error) {
	authority, key, err := authorityIn(folder, project)
	if err != nil {
		return nil, err
	}
	s := &Source{log: log, trust: encode(authority)}
	s.fresh = func(current *tls.Certificate) (*tls.Certificate, error) {
		now := time.Now()
		if current != nil && now.Before(current.Leaf.NotAfter.Add(-renewBefore)) {
			return nil, nil
		}
		own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		template, err := newTemplate("master of "+project, now, masterLasts)
		if err != nil {
			return nil, err
		}
		template.DNSNames, template.IPAddresses = names, addresses
		template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		raw, err := x509.CreateCertificate(rand.Reader, template, authority, own.Public(), key)
		if err != nil {
			return nil, err
		}
		leaf, err := x509.ParseCertificate(raw)
		if err != nil {
			return nil, err
		}
		return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: own, Leaf: leaf}, nil
	}
	return s, s.begin()
}

func newTemplate(name string, now time.Time, lasts time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-skew), NotAfter: now.Add(lasts), BasicConstraintsValid: true,
	}, nil
}

// authorityIn reads the authority in a folder, or makes one.
func authorityIn(folder, project string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, AuthorityFile), filepath.Join(folder, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return newAuthority(folder, project)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the authority in %s cannot be read; remove the folder for another, which clients then have to be given: %w", folder, err)
	}
	key, is := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !is || !pair.Leaf.IsCA || time.Now().Add(masterLasts).After(pair.Leaf.NotAfter) {
		return nil, nil, fmt.Errorf("the authority in %s is none of Chimera's, or runs out on %s: remove the folder for another, which clients then have to be given",
			folder, pair.Leaf.NotAfter.Format(time.DateOnly))
	}
	return pair.Leaf, key, nil
}

func newAuthority(folder, project string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	for _, name := range []string{AuthorityFile, keyFile} {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			return nil, nil, fmt.Errorf("of %s and %s in %s only one is there: put the other back, or remove the folder for another authority",
				AuthorityFile, keyFile, folder)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template, err := newTemplate("Chimera project "+project, time.Now(), authorityLasts)
	if err != nil {
		return nil, nil, err
	}
	template.IsCA, template.MaxPathLenZero, template.KeyUsage = true, true, x509.KeyUsageCertSign
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	authority, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, nil, err
	}
	if err := atomicfile.WriteSecret(filepath.Join(folder, keyFile), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})); err != nil {
		return nil, nil, err
	}
	return authority, key, atomicfile.WriteFile(filepath.Join(folder, AuthorityFile), encode(authority))
}
