package identity

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/pki"
)

var start = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)

// at makes an authority whose clock stands.
func at(t *testing.T, project string, mode Mode, now *time.Time) *Authority {
	t.Helper()
	a, err := New(project, mode)
	if err != nil {
		t.Fatal(err)
	}
	a.now = func() time.Time { return *now }
	if mode == MTLS {
		if a.root, err = newRoot(project, *now); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// worker makes a worker's side, with the same clock.
func worker(t *testing.T, a *Authority, name string) *Worker {
	t.Helper()
	secret, err := a.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Read(secret)
	if err != nil {
		t.Fatal(err)
	}
	w.now = a.now
	return w
}

// serve answers at w's listener with who calls, and takes certificates, until the test ends.
func serve(t *testing.T, w *Worker) (address string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			who, ok := w.Caller(r)
			if r.URL.Path == api.PathIdentity && who.Master {
				if err := w.Renew(r.Body); err != nil {
					http.Error(rw, err.Error(), http.StatusUnprocessableEntity)
					return
				}
				rw.WriteHeader(http.StatusNoContent)
				return
			}
			_, _ = fmt.Fprint(rw, who, ok)
		}),
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(w.Listener(l)) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// call asks a node who the caller is, as the node at the address sees it.
func call(t *testing.T, c Caller, address, node string) (string, error) {
	t.Helper()
	transport := newTransport(c, node)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.Scheme()+"://"+address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return string(answer), nil
}

func TestWhoIsWho(t *testing.T) {
	for mode, wants := range map[Mode][2]string{
		MTLS:  {"{true } true", "{false b} true"},
		Token: {"{true } true", "{false } true"}, // a token says only that it is one of the project's
	} {
		t.Run(string(mode), func(t *testing.T) {
			now := start
			a := at(t, "iris", mode, &now)
			first, second := worker(t, a, "a"), worker(t, a, "b")
			address := serve(t, first)
			for i, caller := range []Caller{a, second} {
				if got, err := call(t, caller, address, "a"); err != nil || got != wants[i] {
					t.Errorf("caller %d: %q, %v; want %q", i, got, err, wants[i])
				}
			}
		})
	}
}

// With tokens everybody is answered, and it is the node's to refuse those who are nobody.
func TestNobodysToken(t *testing.T) {
	now := start
	a, other := at(t, "iris", Token, &now), at(t, "iris", Token, &now)
	address := serve(t, worker(t, a, "a"))
	for name, c := range map[string]Caller{
		"the master of another run": other, "a worker of another run": worker(t, other, "b"), "the master, who means another worker": as{a, "b"},
	} {
		if got, err := call(t, c, address, "a"); err != nil || got != "{false } false" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// as calls as one would call another node.
type as struct {
	Caller
	node string
}

func (a as) Authorize(string) string { return a.Caller.Authorize(a.node) }

func TestRefusedConnections(t *testing.T) {
	now := start
	a, other := at(t, "iris", MTLS, &now), at(t, "iris", MTLS, &now)
	first := worker(t, a, "a")
	address := serve(t, first)
	foreign := at(t, "wine", MTLS, &now)
	foreign.root = a.root // the same authority, and another project's name
	client := worker(t, a, "b")
	client.own.Store(signed(t, a, "chimera://iris/client/admin/eve", start))
	for name, c := range map[string]struct {
		caller Caller
		node   string
	}{
		"another run's master":                  {other, "a"},
		"another run's worker":                  {worker(t, other, "b"), "a"},
		"another project's master":              {foreign, "a"},
		"a certificate for something else":      {client, "a"},
		"the node is not the one that is meant": {a, "b"},
	} {
		var refused *RefusedError
		if got, err := call(t, c.caller, address, c.node); !errors.As(err, &refused) || refused.Node != c.node {
			t.Errorf("%s: %q, %v; want a refusal", name, got, err)
		}
	}
	late := worker(t, a, "b")
	now = start.Add(Lifetime + time.Second)
	if got, err := call(t, late, serve(t, worker(t, a, "c")), "c"); err == nil {
		t.Errorf("a worker whose certificate has run out was answered %q", got)
	}
	if _, err := call(t, worker(t, a, "b"), address, "a"); err == nil {
		t.Error("a worker has called another whose certificate has run out")
	}
}

// signed is a certificate by the authority for a name that it does not issue.
func signed(t *testing.T, a *Authority, uri string, now time.Time) *tls.Certificate {
	t.Helper()
	key, err := pki.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := newLeaf(a.root, uri, &key.PublicKey, now, Lifetime)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
}

// Nothing but TLS 1.3 with a certificate of the project's is answered.
func TestStrangersToTLS(t *testing.T) {
	now := start
	a := at(t, "iris", MTLS, &now)
	address := serve(t, worker(t, a, "a"))
	own, err := a.certificate()
	if err != nil {
		t.Fatal(err)
	}
	lie := *signed(t, a, "chimera://iris/master", start)
	lie.PrivateKey = signed(t, a, "chimera://iris/master", start).PrivateKey // somebody else's certificate, without its key
	for name, config := range map[string]*tls.Config{
		"no certificate":          {},
		"TLS 1.2":                 {MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*own}},
		"not its own certificate": {GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &lie, nil }},
	} {
		config.InsecureSkipVerify = true
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		secure := tls.Client(conn, config)
		if answer, err := ask(secure); err == nil {
			t.Errorf("%s: answered %q", name, answer)
		}
		_ = conn.Close()
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if answer, err := ask(conn); err != nil || answer != "400 Bad Request" { // net/http's own answer to plain HTTP
		t.Errorf("plain HTTP: %q, %v", answer, err)
	}
	plain, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(plain) }()
	t.Cleanup(func() { _ = server.Close() })
	want := "worker a and this program do not know each other: it does not talk TLS: was it started without an identity?"
	if _, err := call(t, a, plain.Addr().String(), "a"); err == nil || err.Error() != want {
		t.Errorf("a worker without identity: %v", err)
	}
}

func ask(conn net.Conn) (status string, err error) {
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		return "", err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	return res.Status, res.Body.Close()
}

// A master renews the certificate of a worker once half of its time is over, also one that has run out.
func TestRenewal(t *testing.T) {
	for _, after := range []time.Duration{Lifetime/2 - time.Second, Lifetime/2 + time.Second, 30 * Lifetime} {
		now := start
		a := at(t, "iris", MTLS, &now)
		w := worker(t, a, "a")
		key, was := w.own.Load().Leaf.PublicKey.(*ecdsa.PublicKey), w.Ends()
		address := serve(t, w)
		now = start.Add(after)
		if got, err := call(t, a, address, "a"); err != nil || got != "{true } true" {
			t.Fatalf("after %s: %q, %v", after, got, err)
		}
		want := now.Add(Lifetime)
		if after < Lifetime/2 {
			want = was
		}
		if !w.Ends().Equal(want) || !key.Equal(w.own.Load().Leaf.PublicKey) {
			t.Errorf("after %s, its certificate lasts until %s; want %s, for the same key", after, w.Ends(), want)
		}
	}
}

// A worker's health check is a program that knows what the worker was started with. However long ago that was, it is answered, whether the worker's
// certificate was renewed or nobody has done that yet. Other workers are not.
func TestHealthCheckOfAnOldWorker(t *testing.T) {
	now := start
	a := at(t, "iris", MTLS, &now)
	secret, err := a.Issue("a")
	if err != nil {
		t.Fatal(err)
	}
	read := func() *Worker {
		w, err := Read(secret)
		if err != nil {
			t.Fatal(err)
		}
		w.now = a.now
		return w
	}
	other, address := worker(t, a, "b"), serve(t, read())
	now = start.Add(3 * Lifetime)
	for _, when := range []string{"before", "after"} {
		if got, err := call(t, read(), address, "a"); err != nil || got != "{false a} true" {
			t.Errorf("%s its certificate is renewed, its health check gets %q, %v", when, got, err)
		}
		if got, err := call(t, other, address, "a"); err == nil {
			t.Errorf("%s its certificate is renewed, a worker whose own has run out gets %q", when, got)
		}
		if got, err := call(t, a, address, "a"); err != nil {
			t.Errorf("the master gets %q, %v", got, err)
		}
	}
}

func TestRefusedRenewals(t *testing.T) {
	now := start
	a, other := at(t, "iris", MTLS, &now), at(t, "iris", MTLS, &now)
	w := worker(t, a, "a")
	key := &w.key.PublicKey
	foreign, err := newLeaf(other.root, workerURI("iris", "a"), key, now, Lifetime)
	if err != nil {
		t.Fatal(err)
	}
	late, err := newLeaf(a.root, workerURI("iris", "a"), key, now.Add(-2*Lifetime), Lifetime)
	if err != nil {
		t.Fatal(err)
	}
	named, err := newLeaf(a.root, workerURI("iris", "b"), key, now, Lifetime)
	if err != nil {
		t.Fatal(err)
	}
	before := w.own.Load()
	for name, text := range map[string]string{
		"another authority's": string(pki.EncodeCertificate(foreign)), "run out": string(pki.EncodeCertificate(late)),
		"another worker's": string(pki.EncodeCertificate(named)),
		"for another key":  string(pki.EncodeCertificate(worker(t, a, "a").leaf)), "no certificate": "x", "empty": "",
		"endless": strings.Repeat("x", mostCertificate+1),
	} {
		if err := w.Renew(strings.NewReader(text)); err == nil || w.own.Load() != before {
			t.Errorf("%s: taken", name)
		}
	}
}

// What cannot be read is an error that repeats nothing of it.
func TestUnreadableSecrets(t *testing.T) {
	now := start
	a := at(t, "iris", MTLS, &now)
	whole, err := a.Issue("a")
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := at(t, "iris", Token, &now).Issue("a")
	if err != nil {
		t.Fatal(err)
	}
	other, err := a.Issue("b")
	if err != nil {
		t.Fatal(err)
	}
	mixed := strings.Replace(string(whole), field(t, whole, "key"), field(t, other, "key"), 1)
	renamed := strings.Replace(string(whole), `"worker":"a"`, `"worker":"c"`, 1)
	for _, line := range []string{
		"", "x", "{}", `{"version":2}`, `{"version":1,"mode":"mtls"}`, `{"version":1,"mode":"none","project":"p","worker":"a"}`, string(whole[:len(whole)/2]),
		mixed, renamed, strings.Replace(string(whole), "MII", "IIM", 1), strings.Replace(string(tokens), `"master":"`, `"master":"zz`, 1),
	} {
		w, err := Read([]byte(line))
		if err == nil {
			t.Errorf("%.40q was read as %v", line, w.Worker)
			continue
		}
		if strings.Contains(err.Error(), "BEGIN") || len(err.Error()) > 200 {
			t.Errorf("the error repeats the secret: %v", err)
		}
	}
	w, err := Read(append(whole, '\n'))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.For("iris", "b"); err == nil {
		t.Error("the identity of a was taken for b's")
	}
}

// field is the text of a field of a secret, as it stands there.
func field(t *testing.T, line []byte, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(string(line), `"`+name+`":"`)
	if !ok {
		t.Fatalf("no %s", name)
	}
	text, _, _ := strings.Cut(rest, `"`)
	return text
}

// An authority that was kept knows the workers that it has issued identities for; no other mode or project reads it.
func TestFolder(t *testing.T) {
	for _, mode := range []Mode{MTLS, Token} {
		dir := t.TempDir()
		var missing *MissingError
		if _, err := Open(dir, "iris", mode); !errors.As(err, &missing) {
			t.Errorf("%v", err)
		}
		made, err := Create(dir, "iris", mode)
		if err != nil {
			t.Fatal(err)
		}
		if err := made.IssueFile(dir, "a"); err != nil {
			t.Fatal(err)
		}
		known, err := readFile(filepath.Join(dir, PathOf("a")))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Open(dir, "iris", mode)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := call(t, again, serve(t, known), "a"); err != nil || got != "{true } true" {
			t.Errorf("%s: %q, %v", mode, got, err)
		}
		if _, err := Open(dir, "wine", mode); err == nil {
			t.Error("another project's was opened")
		}
		if _, err := Open(dir, "iris", map[Mode]Mode{MTLS: Token, Token: MTLS}[mode]); err == nil {
			t.Error("the other mode's was opened")
		}
	}
}

// Neither a wrong name nor a wrong time passes check.
func TestCheck(t *testing.T) {
	now := start
	a := at(t, "iris", MTLS, &now)
	leaf := signed(t, a, "chimera://iris/worker/a", now).Leaf
	for name, c := range map[string]struct {
		at   time.Time
		late bool
		want string
		ok   bool
	}{
		"now": {now, false, "chimera://iris/worker/a", true}, "before": {now.Add(-time.Hour), false, "chimera://iris/worker/a", false},
		"a clock behind":       {now.Add(-pki.ClockSkew), false, "chimera://iris/worker/a", true},
		"after":                {now.Add(25 * time.Hour), false, "chimera://iris/worker/a", false},
		"after, to be renewed": {now.Add(25 * time.Hour), true, "chimera://iris/worker/a", true}, "another": {now, false, "chimera://iris/worker/b", false},
	} {
		if err := check(a.root.Certificate, leaf, c.at, c.late, c.want); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	var invalid x509.CertificateInvalidError
	err := check(a.root.Certificate, leaf, now.Add(25*time.Hour), false, "chimera://iris/worker/a")
	if !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
		t.Errorf("run out: %v", err)
	}
}

// A slow or silent worker does not hold its caller for longer than the context says.
func TestSilentHandshake(t *testing.T) {
	now := start
	a := at(t, "iris", MTLS, &now)
	ours, theirs := net.Pipe()
	defer func() { _ = theirs.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = io.ReadFull(theirs, make([]byte, 1)) // the handshake has begun
		cancel()
	}()
	if _, err := a.Secure(ctx, ours, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// readFile reads a worker's side from the file that IssueFile has written.
func readFile(path string) (*Worker, error) {
	secret, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Read(secret)
}
