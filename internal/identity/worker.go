package identity

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Worker is a worker's side: it lets in its master and the project's other workers, and calls those. It is safe for use by several goroutines.
type Worker struct {
	*material
	tokens *tokenHolder                    // with Token
	own    atomic.Pointer[tls.Certificate] // the one in use; the master renews it
	now    func() time.Time
}

// Read makes the side of the worker whose secret it is. An error repeats nothing of the secret.
func Read(line []byte) (*Worker, error) {
	m, err := decode(line)
	if err != nil {
		return nil, err
	}
	w := &Worker{material: m, now: time.Now}
	if m.Mode == Token {
		w.tokens = newTokenHolder(m.master, m.Peers)
	}
	if m.Mode == MTLS {
		w.own.Store(&tls.Certificate{Certificate: [][]byte{m.leaf.Raw}, PrivateKey: m.key, Leaf: m.leaf})
	}
	return w, nil
}

// For checks that the secret is the one of a project's worker.
func (w *Worker) For(project, worker string) error {
	if w.Project != project || w.Worker != worker {
		return fmt.Errorf("the identity is that of worker %s of project %s, and this is worker %s of project %s", w.Worker, w.Project, worker, project)
	}
	return nil
}

// Scheme is that of the project's workers.
func (w *Worker) Scheme() string {
	if w.Mode == MTLS {
		return "https"
	}
	return "http"
}

// Encrypted reports whether connections go through Secure.
func (w *Worker) Encrypted() bool { return w.Mode == MTLS }

// Authorize is the Authorization header of a request to another worker; empty with MTLS.
func (w *Worker) Authorize(string) string {
	if w.Mode == MTLS {
		return ""
	}
	return w.tokens.Authorize("")
}

// Secure makes a connection to another worker a secure one: it has proved to be that one, and so has w.
func (w *Worker) Secure(ctx context.Context, plain net.Conn, node string) (net.Conn, error) {
	conn, err := connect(ctx, plain, node, w.own.Load(), func(leaf *x509.Certificate) error {
		return w.verify(leaf, workerURI(w.Project, node))
	})
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// verify checks the certificate of who it is that w talks to. A program of w's own, its health check, is w by its key: it reads the certificate that the
// worker was started with, and that one runs out while the worker has a newer one.
func (w *Worker) verify(leaf *x509.Certificate, uri string) error {
	return check(w.root, leaf, w.now(), w.key.PublicKey.Equal(leaf.PublicKey), uri)
}

// Transport calls another worker, or w itself as its health check does. It is for few requests, and has connections of its own.
func (w *Worker) Transport(node string) http.RoundTripper { return newTransport(w, node) }

// Listener is l with what lets only those in who belong to the project.
func (w *Worker) Listener(l net.Listener) net.Listener {
	if w.Mode != MTLS {
		return l // requests have tokens
	}
	config := newConfig(w.own.Load())
	config.Certificates = nil
	config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return w.own.Load(), nil }
	config.ClientAuth = tls.RequireAnyClientCert // VerifyConnection verifies it
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("the caller has no certificate")
		}
		_, err := w.who(state.PeerCertificates[0])
		return err
	}
	return tls.NewListener(l, config)
}

// Who is who calls: the master, or a worker by its name, which is empty if only a token says that it is one.
type Who struct {
	Master bool
	Worker string
}

// who reads a caller's certificate.
func (w *Worker) who(leaf *x509.Certificate) (Who, error) {
	if len(leaf.URIs) != 1 {
		return Who{}, fmt.Errorf("the caller's certificate has %d names: want one", len(leaf.URIs))
	}
	uri := leaf.URIs[0].String()
	who, want := Who{Master: true}, masterURI(w.Project)
	if name, is := strings.CutPrefix(uri, workerURI(w.Project, "")); is {
		who, want = Who{Worker: name}, uri
	}
	if err := w.verify(leaf, want); err != nil {
		return Who{}, fmt.Errorf("the caller's certificate: %w", err)
	}
	return who, nil
}

// Caller says who sends a request; ok is false if it is nobody of the project.
func (w *Worker) Caller(r *http.Request) (who Who, ok bool) {
	if w.Mode == MTLS {
		if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
			return Who{}, false // it came by another listener
		}
		who, err := w.who(r.TLS.PeerCertificates[0]) // also whether it has run out since
		return who, err == nil
	}
	return w.tokens.Caller(r)
}
