package identity

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/pki"
)

// mostCertificate bounds a certificate in bytes.
const mostCertificate = 16 << 10

// renewWithin bounds a renewal.
const renewWithin = 10 * time.Second

// renew gives a worker another certificate for the key that it has, on a connection to it that nobody uses yet.
func (a *Authority) renew(ctx context.Context, conn net.Conn, worker string, old *x509.Certificate) error {
	key, ok := old.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return fmt.Errorf("its key is a %T", old.PublicKey)
	}
	leaf, err := newLeaf(a.root, workerURI(a.project, worker), key, a.now(), Lifetime)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, renewWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	at := url.URL{Scheme: "https", Host: conn.RemoteAddr().String(), Path: api.PathIdentity}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, at.String(), bytes.NewReader(pki.EncodeCertificate(leaf)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", certificateType)
	if err := req.Write(conn); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, mostCertificate))
	_ = res.Body.Close() // it was read
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("it answered %s: %s", res.Status, bytes.TrimSpace(answer))
	}
	if !stop() {
		return context.Cause(ctx)
	}
	return nil
}

const certificateType = "application/pem-certificate-chain" // RFC 8555

// Renew takes a certificate that the master has made. It must be for the key and the name that the worker has.
func (w *Worker) Renew(body io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(body, mostCertificate+1))
	if err != nil {
		return err
	}
	if len(text) > mostCertificate {
		return fmt.Errorf("a certificate of more than %d bytes", mostCertificate)
	}
	leaf, err := decodeCertificate(string(text))
	if err != nil {
		return err
	}
	if w.Mode != MTLS {
		return errNoCertificate
	}
	if err := check(w.root, leaf, w.now(), false, workerURI(w.Project, w.Worker)); err != nil {
		return err
	}
	if !w.key.PublicKey.Equal(leaf.PublicKey) {
		return errors.New("the certificate is for another key")
	}
	w.own.Store(&tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: w.key, Leaf: leaf})
	return nil
}

// Ends is until when the worker's certificate is valid; the zero time without one.
func (w *Worker) Ends() time.Time {
	if own := w.own.Load(); own != nil {
		return own.Leaf.NotAfter
	}
	return time.Time{}
}
