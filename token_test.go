package chimera_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/certificate"
	"github.com/gochimera/chimera/masters"
)

// A program whose clients need tokens does all by itself what it did without; the command line finds its token, which ends with it and is in
// no log; others do what their tokens allow, by package client and without.
func TestTokens(t *testing.T) {
	dir := project(t, "security: {clients: token}\n")
	predicting, err := access.Add(filepath.Join(dir, "chimera_tokens"), access.Predict, "shop")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CHIMERA_TOKENS", "admin an-admin-of-sixteen")
	left := filepath.Join(dir, filepath.FromSlash(config.AccessFile))
	var stdout, stderr output
	var own access.Local
	run(t, dir, &stdout, &stderr, func(ctx context.Context, up chimera.Up) {
		if _, err := up.Master.Fit(ctx); err != nil {
			t.Errorf("the program's own fit: %v", err)
		}
		if own, err = access.ReadLocal(left); err != nil || len(own.Token) < 40 {
			t.Errorf("what is left for the command line: %v", err)
		}
		if info, err := os.Stat(left); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others can read it: %v, %v", info, err)
		}
		for _, tt := range []struct {
			name, token string
			reads, fits bool
		}{{"none", "", false, false}, {"a stranger's", "a-stranger-of-sixteen", false, false}, {"for predictions", predicting, true, false},
			{"an administrator's", "an-admin-of-sixteen", true, true}, {"the project's own", own.Token, true, true}} {
			var opts []client.Option
			if tt.token != "" {
				opts = append(opts, client.WithToken(tt.token))
			}
			c, err := client.New(up.Master.URL(), opts...)
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Status(ctx)
			refused(t, "a status, with the token "+tt.name, err, tt.reads, api.CodeUnauthenticated)
			code := api.CodeForbidden
			if !tt.reads {
				code = api.CodeUnauthenticated
			}
			_, err = c.Fit(ctx)
			refused(t, "a fit, with the token "+tt.name, err, tt.fits, code)
			err = c.Events(ctx, func(client.Event) bool { return false })
			refused(t, "events, with the token "+tt.name, err, tt.reads, api.CodeUnauthenticated)
			_, _, err = c.ImportModel(ctx, strings.NewReader("no model"), 8)
			var p *client.Problem
			if !errors.As(err, &p) || !tt.fits && p.Code != code || tt.fits && (p.Code == api.CodeForbidden || p.Code == api.CodeUnauthenticated) {
				t.Errorf("a model that is sent, with the token %s: %v", tt.name, err)
			}
			c.Close()
		}
		answer, err := http.Get(up.Master.URL() + api.PathReady)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("a probe: %v, %v", answer, err)
		}
		if err == nil {
			_ = answer.Body.Close()
		}
	})
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end, what was left is there: %v", err)
	}
	if text := stdout.String(); !strings.Contains(text, `-H "Authorization: Bearer $CHIMERA_TOKEN"`) {
		t.Errorf("the banner does not say how to show a token:\n%s", text)
	}
	written := stdout.String() + stderr.String()
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		written += string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{own.Token, predicting, "an-admin-of-sixteen", "a-stranger-of-sixteen"} {
		if strings.Contains(written, secret) {
			t.Errorf("a token is in what was printed, or in a file of the project: %q", secret)
		}
	}
}

// A master that talks TLS is known to its own program and to the command line, and to others by what they are given; nothing is sent to one that is
// not it, nor in the clear.
func TestTLS(t *testing.T) {
	dir := project(t, "security: {clients: token, tls: generated}\n")
	t.Setenv("CHIMERA_TOKENS", "admin an-admin-of-sixteen")
	var stdout, stderr output
	run(t, dir, &stdout, &stderr, func(ctx context.Context, up chimera.Up) {
		if !strings.HasPrefix(up.Master.URL(), "https://localhost:") {
			t.Errorf("the master is at %s", up.Master.URL())
		}
		if _, err := up.Master.Fit(ctx); err != nil {
			t.Errorf("the program's own fit: %v", err)
		}
		own, err := access.ReadLocal(filepath.Join(dir, filepath.FromSlash(config.AccessFile)))
		if err != nil {
			t.Fatal(err)
		}
		trusted, err := os.ReadFile(filepath.Join(dir, "chimera_tls", "ca.crt"))
		if err != nil || own.Certificate != string(trusted) {
			t.Errorf("the command line is given %q, and clients %q: %v", own.Certificate, trusted, err)
		}
		token := client.WithToken("an-admin-of-sixteen")
		for name, tt := range map[string]struct {
			url   string
			known bool
			opts  []client.Option
		}{
			"by its authority": {up.Master.URL(), true, []client.Option{token, client.WithCA(trusted)}},
			"by its address":   {strings.Replace(up.Master.URL(), "localhost", "127.0.0.1", 1), true, []client.Option{token, client.WithCA(trusted)}},
			"by nothing":       {up.Master.URL(), false, []client.Option{token}},
			"in the clear":     {strings.Replace(up.Master.URL(), "https", "http", 1), false, []client.Option{token}},
		} {
			c, err := client.New(tt.url, tt.opts...)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second on the same connection
				if _, err := c.Status(ctx); (err == nil) != tt.known {
					t.Errorf("a master that is known %s: %v", name, err)
				}
			}
			if err := c.Events(ctx, func(client.Event) bool { return false }); (err == nil) != tt.known {
				t.Errorf("events of a master that is known %s: %v", name, err)
			}
			c.Close()
		}
	})
	if text := stdout.String(); !strings.Contains(text, "curl --cacert ") && !strings.Contains(text, " --cacert ") || !strings.Contains(text, "trust    ") {
		t.Errorf("the banner does not say how to know the master:\n%s", text)
	}
}

// Clients that are known by certificates do what these allow; the project's own programs, and probes, need none.
func TestCertificatesOfClients(t *testing.T) {
	dir := project(t, "security: {clients: mtls, tls: generated}\n")
	made := func(folder string, role access.Role) client.Option {
		text, err := certificate.ForClient(folder, "test", access.ClientURI("test", role, "ann"), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return client.WithCertificate(text)
	}
	folder := filepath.Join(dir, "chimera_tls")
	predicting, admin, foreign := made(folder, access.Predict), made(folder, access.Admin), made(filepath.Join(t.TempDir(), "chimera_tls"), access.Admin)
	var stdout, stderr output
	run(t, dir, &stdout, &stderr, func(ctx context.Context, up chimera.Up) {
		if _, err := up.Master.Fit(ctx); err != nil {
			t.Errorf("the program's own fit: %v", err)
		}
		trusted, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			own         client.Option
			reads, fits bool
		}{
			"none": {nil, false, false}, "another authority's": {foreign, false, false}, "for predictions": {predicting, true, false},
			"an administrator's": {admin, true, true},
		} {
			opts := []client.Option{client.WithCA(trusted)}
			if tt.own != nil {
				opts = append(opts, tt.own)
			}
			c, err := client.New(up.Master.URL(), opts...)
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Status(ctx)
			refused(t, "a status, with the certificate "+name, err, tt.reads, api.CodeUnauthenticated)
			code := api.CodeForbidden
			if !tt.reads {
				code = api.CodeUnauthenticated
			}
			_, err = c.Fit(ctx)
			refused(t, "a fit, with the certificate "+name, err, tt.fits, code)
			err = c.Events(ctx, func(client.Event) bool { return false })
			refused(t, "events, with the certificate "+name, err, tt.reads, api.CodeUnauthenticated)
			c.Close()
		}
	})
}

// refused checks that something is done, or not for the reason that a code says.
func refused(t *testing.T, what string, err error, done bool, code api.Code) {
	t.Helper()
	var p *client.Problem
	if done && err != nil || !done && (!errors.As(err, &p) || p.Code != code) {
		t.Errorf("%s: %v, want that it is done: %t, or else the problem %s", what, err, done, code)
	}
}

// run runs the project's program until do has returned.
func run(t *testing.T, dir string, stdout, stderr io.Writer, do func(context.Context, chimera.Up), opts ...chimera.Option) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opts = append(opts, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(stdout, stderr),
		chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
			defer cancel()
			do(ctx, up)
			return nil
		}))
	if err := chimera.Run(masters.NewAggregation(), 0, opts...); err != nil {
		t.Error(err)
	}
}

// A master that other machines can reach does not start before somebody has said who may do what, and one that is to ask for tokens does not
// without any.
func TestWhoMayCallHasToBeSaid(t *testing.T) {
	for _, tt := range []struct {
		name, yaml, host, env string
		says                  string // of the error; empty: it starts
	}{
		{"on this machine", "", "127.0.0.1", "", ""},
		{"on this machine, by name", "", "localhost", "", ""},
		{"everywhere", "", "0.0.0.0", "", "chimera.yaml:1:1: security.clients: not given, and the master is to listen at "},
		{"everywhere, by IPv6", "", "::", "", "where other machines may reach it"},
		{"everywhere, and told", "security: {clients: none}\n", "0.0.0.0", "", ""},
		{"everywhere, and told by the environment", "", "0.0.0.0", "none", ""},
		{"with tokens that are not there", "security: {clients: token}\n", "127.0.0.1", "", "security.tokens: there is no file "},
		{"with a word that is none", "", "127.0.0.1", "nobody", "CHIMERA_SECURITY_CLIENTS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := project(t, tt.yaml)
			t.Setenv("CHIMERA_SECURITY_CLIENTS", tt.env)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			started := false
			var log bytes.Buffer
			err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(io.Discard, &log),
				chimera.WithHost(tt.host), chimera.OnReady(func(context.Context, chimera.Up) error {
					started = true
					cancel()
					return nil
				}))
			if started != (tt.says == "") || (err == nil) != started || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("it started: %t; %v, want %q", started, err, tt.says)
			}
			if warns := strings.Contains(log.String(), "whoever reaches the master may do everything"); warns != (started && tt.host == "0.0.0.0") {
				t.Errorf("its log warns: %t\n%s", warns, &log)
			}
		})
	}
}
