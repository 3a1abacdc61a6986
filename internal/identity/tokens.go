package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// Known is a worker's side, as the worker sees it: who calls, and how it shows others who it is.
type Known interface {
	// Caller says who sends a request; ok is false if it is nobody of the project.
	Caller(r *http.Request) (who Who, ok bool)

	// Encrypted reports whether connections go through Secure, Secure makes one to another worker a secure one, and Authorize is the
	// Authorization header of a request to one; empty for none.
	Encrypted() bool
	Secure(ctx context.Context, plain net.Conn, node string) (net.Conn, error)
	Authorize(node string) string

	// Renew takes a certificate that the master has made, and Ends is until when the one in use is valid; the zero time if there is none.
	Renew(body io.Reader) error
	Ends() time.Time
}

var (
	_ Known = (*Worker)(nil)
	_ Known = (*tokenHolder)(nil)
)

// Tokens are a master's side in the mode Token, and nothing else: what a program needs that starts its workers within itself.
type Tokens struct{ seed []byte }

// NewTokens makes those of one run.
func NewTokens() *Tokens {
	t := &Tokens{seed: make([]byte, 32)}
	_, _ = rand.Read(t.seed) // it never fails: the program would end
	return t
}

// of is the token for a purpose.
func (t *Tokens) of(purpose string) string {
	mac := hmac.New(sha256.New, t.seed)
	mac.Write([]byte(purpose)) // it never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// toWorker is the token by which the master calls a worker. No other worker knows it.
func (t *Tokens) toWorker(name string) string { return t.of("master to " + name) }

// toPeers is the token by which workers call each other.
func (t *Tokens) toPeers() string { return t.of("workers") }

// Authorize is the Authorization header of a request to a worker.
func (t *Tokens) Authorize(worker string) string { return bearer + t.toWorker(worker) }

// Encrypted is false: requests have tokens.
func (*Tokens) Encrypted() bool { return false }

// Secure leaves a connection as it is.
func (*Tokens) Secure(_ context.Context, plain net.Conn, _ string) (net.Conn, error) {
	return plain, nil
}

// Known is the side of a worker in the same program.
func (t *Tokens) Known(worker string) Known {
	return newTokenHolder(sha256.Sum256([]byte(t.toWorker(worker))), t.toPeers())
}

// tokenHolder is a worker's side in the mode Token.
type tokenHolder struct {
	master, others digest
	own            string // the token by which it calls other workers, and they it
}

func newTokenHolder(master digest, peers string) *tokenHolder {
	return &tokenHolder{master: master, others: sha256.Sum256([]byte(peers)), own: peers}
}

func (h *tokenHolder) Caller(r *http.Request) (Who, bool) {
	sum := sha256.Sum256([]byte(tokenOf(r)))
	master := subtle.ConstantTimeCompare(sum[:], h.master[:]) == 1
	other := subtle.ConstantTimeCompare(sum[:], h.others[:]) == 1
	return Who{Master: master}, master || other
}

func (h *tokenHolder) Authorize(string) string { return bearer + h.own }

func (*tokenHolder) Encrypted() bool { return false }

func (*tokenHolder) Secure(_ context.Context, plain net.Conn, _ string) (net.Conn, error) {
	return plain, nil
}

func (*tokenHolder) Renew(io.Reader) error { return errNoCertificate }

func (*tokenHolder) Ends() time.Time { return time.Time{} }

var errNoCertificate = errors.New("this worker has no certificate")
