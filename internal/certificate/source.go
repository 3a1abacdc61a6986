package certificate

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/internal/pki"
)

// lookEvery is how often files are looked at again, and certificates whether they have to be renewed, when clients connect.
const lookEvery = time.Second

// Source has the certificate of a master, and the one after it.
type Source struct {
	log   *slog.Logger
	fresh func(now *tls.Certificate) (*tls.Certificate, error) // another certificate, or nil if that of now is to stay
	trust []byte                                               // what clients are given to know the master by; nil: the certificate itself

	current atomic.Pointer[tls.Certificate]
	looked  atomic.Int64

	mu      sync.Mutex
	fail    string               // why there is no other certificate
	changed func(trusted []byte) // is told what clients of this machine are given; may be nil
}

// Config is that of the master's listener: TLS 1.2 or later, for HTTP/1.1. If clients are asked for certificates, one without still has its
// connection: what it may do without is the guard's to say (internal/access), which also verifies them.
func (s *Source) Config(askClients bool) *tls.Config {
	config := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.Certificate(), nil },
	}
	if askClients {
		config.ClientAuth = tls.RequestClientCert
	}
	return config
}

// Certificate is the current one.
func (s *Source) Certificate() *tls.Certificate {
	if now := time.Now().UnixNano(); now-s.looked.Load() >= int64(lookEvery) {
		s.look()
	}
	return s.current.Load()
}

// look finds out whether there is another certificate. If there should be, and cannot, the current one stays, and the log says so once.
func (s *Source) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.looked.Store(time.Now().UnixNano()) }()
	other, err := s.fresh(s.current.Load())
	if err != nil {
		if s.fail != err.Error() {
			s.fail = err.Error()
			s.log.Warn("the master's certificate cannot be replaced; the one so far stays", "error", err)
		}
		return
	}
	s.fail = ""
	if other == nil {
		return
	}
	s.current.Store(other)
	s.log.Info("the master has another certificate", "until", other.Leaf.NotAfter, "fingerprint", fingerprint(other.Leaf))
	if s.changed != nil {
		s.changed(s.trusted())
	}
}

// Trusted is what clients of this machine are given to know the master by, as PEM. changed, if not nil, is called when it is another, until
// the next call.
func (s *Source) Trusted(changed func(trusted []byte)) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = changed
	return s.trusted()
}

func (s *Source) trusted() []byte {
	if s.trust != nil {
		return s.trust
	}
	return pki.EncodeCertificate(s.current.Load().Leaf)
}

// Fingerprint is the SHA-256 of what clients are to trust, for people to compare.
func (s *Source) Fingerprint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	block, _ := pem.Decode(s.trusted())
	sum := sha256.Sum256(block.Bytes)
	return hex.EncodeToString(sum[:])
}

func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// Own is the configuration of a client within the master's program, which knows the current certificate.
func (s *Source) Own() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // by name: what counts is that it is the very certificate
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) > 0 && s.current.Load().Leaf.Equal(state.PeerCertificates[0]) {
				return nil
			}
			return errors.New("who answers is not this program")
		},
	}
}

// Given has the certificate, with those that it needs beside it, and the key in two files.
func Given(certificate, key string, log *slog.Logger) (*Source, error) {
	var was [2]os.FileInfo
	same := func(now [2]os.FileInfo) bool {
		for i, info := range now {
			if was[i] == nil || !os.SameFile(was[i], info) || was[i].Size() != info.Size() || !was[i].ModTime().Equal(info.ModTime()) {
				return false
			}
		}
		return true
	}
	s := &Source{log: log}
	s.fresh = func(current *tls.Certificate) (*tls.Certificate, error) {
		var now [2]os.FileInfo
		for i, file := range []string{certificate, key} {
			info, err := os.Stat(file)
			if err != nil {
				return nil, err
			}
			now[i] = info
		}
		if same(now) {
			return nil, nil
		}
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, fmt.Errorf("%s and %s are no certificate and its key: %w", certificate, key, err)
		}
		if end := pair.Leaf.NotAfter; time.Now().After(end) {
			return nil, fmt.Errorf("the certificate in %s has run out on %s", certificate, end.Format(time.DateOnly))
		}
		was = now
		if current != nil && slices.EqualFunc(current.Certificate, pair.Certificate, bytes.Equal) {
			return nil, nil
		}
		return &pair, nil
	}
	return s, s.begin()
}

// begin has the first certificate.
func (s *Source) begin() error {
	first, err := s.fresh(nil)
	if err != nil {
		return err
	}
	s.current.Store(first)
	s.looked.Store(time.Now().UnixNano())
	return nil
}
