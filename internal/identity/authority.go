package identity

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gochimera/chimera/internal/pki"
)

// Authority is a master's side: it issues what workers are known by, and calls them. It is safe for use by several goroutines.
type Authority struct {
	project string
	mode    Mode
	root    *pki.Authority // with MTLS
	tokens  *Tokens        // with Token
	now     func() time.Time

	mu  sync.Mutex
	own *tls.Certificate // of the master
}

// New makes the authority of a project whose master has just started. What an earlier one has issued is worth nothing to it.
func New(project string, mode Mode) (*Authority, error) {
	a := &Authority{project: project, mode: mode, now: time.Now}
	switch mode {
	case MTLS:
		var err error
		a.root, err = newRoot(project, a.now())
		return a, err
	case Token:
		a.tokens = NewTokens()
		return a, nil
	default:
		return nil, fmt.Errorf("an identity for %q: want %s or %s", mode, MTLS, Token)
	}
}

// Scheme is that of the workers' URLs.
func (a *Authority) Scheme() string {
	if a.mode == MTLS {
		return "https"
	}
	return "http"
}

// Issue makes a secret for a worker's program: one line, without its end.
func (a *Authority) Issue(worker string) ([]byte, error) { return a.issue(worker, Lifetime) }

func (a *Authority) issue(worker string, lasts time.Duration) ([]byte, error) {
	s := secret{Version: version, Mode: a.mode, Project: a.project, Worker: worker}
	if a.mode == Token {
		sum := sha256.Sum256([]byte(a.tokens.toWorker(worker)))
		s.Master, s.Peers = hex.EncodeToString(sum[:]), a.tokens.toPeers()
		return s.encode()
	}
	key, err := pki.NewKey()
	if err != nil {
		return nil, err
	}
	leaf, err := newLeaf(a.root, workerURI(a.project, worker), &key.PublicKey, a.now(), lasts)
	if err != nil {
		return nil, fmt.Errorf("the identity of worker %s: %w", worker, err)
	}
	text, err := pki.EncodeKey(key)
	if err != nil {
		return nil, err
	}
	s.Root, s.Certificate, s.Key = string(pki.EncodeCertificate(a.root.Certificate)), string(pki.EncodeCertificate(leaf)), string(text)
	return s.encode()
}

// Authorize is the Authorization header of a request to a worker; empty with MTLS.
func (a *Authority) Authorize(worker string) string {
	if a.mode == MTLS {
		return ""
	}
	return a.tokens.Authorize(worker)
}

// Encrypted reports whether connections go through Secure.
func (a *Authority) Encrypted() bool { return a.mode == MTLS }

// Secure makes a connection to a worker a secure one: it has proved to be that worker, and so has the master. A certificate of the worker that
// has passed half of its time, or run out, is renewed by the way.
func (a *Authority) Secure(ctx context.Context, plain net.Conn, worker string) (net.Conn, error) {
	own, err := a.certificate()
	if err != nil {
		return nil, err
	}
	conn, err := connect(ctx, plain, worker, own, func(leaf *x509.Certificate) error {
		return check(a.root.Certificate, leaf, a.now(), true, workerURI(a.project, worker))
	})
	if err != nil {
		return nil, err
	}
	leaf := conn.ConnectionState().PeerCertificates[0]
	if half := leaf.NotAfter.Add(-Lifetime / 2); a.now().Before(half) {
		return conn, nil
	}
	if err := a.renew(ctx, conn, worker, leaf); err != nil {
		return nil, errors.Join(fmt.Errorf("renewing the certificate of worker %s: %w", worker, err), conn.Close())
	}
	return conn, nil
}

// certificate is the master's own, a new one once half of its time is over.
func (a *Authority) certificate() (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if a.own != nil && now.Before(a.own.Leaf.NotAfter.Add(-Lifetime/2)) {
		return a.own, nil
	}
	key, err := pki.NewKey()
	if err != nil {
		return nil, err
	}
	leaf, err := newLeaf(a.root, masterURI(a.project), &key.PublicKey, now, Lifetime)
	if err != nil {
		return nil, fmt.Errorf("the master's identity: %w", err)
	}
	a.own = &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
	return a.own, nil
}

// Transport calls a worker as its master. It is for few requests, and has connections of its own.
func (a *Authority) Transport(worker string) http.RoundTripper { return newTransport(a, worker) }
