package node_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// A worker with an identity answers its master; other workers what is for them; and anybody its pages. It says once whom it has refused.
func TestCallers(t *testing.T) {
	authority, err := identity.New("p", identity.Token)
	if err != nil {
		t.Fatal(err)
	}
	other, err := identity.New("p", identity.Token)
	if err != nil {
		t.Fatal(err)
	}
	known, second := issued(t, authority, "w"), issued(t, authority, "w2")
	var log bytes.Buffer
	w, err := node.NewWorker(node.Spec{Name: "w", Role: "scaler", Learner: "dummy-regressor", Project: "p"}, registry.Default, node.Options{
		Identity: known, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	master, peer := authority.Authorize("w"), second.Authorize("w")
	for _, c := range []struct {
		method, path, authorization string
		status                      int
		code                        api.Code
	}{
		{"GET", api.PathStatus, master, 200, ""},
		{"GET", api.PathStatus, strings.Replace(master, "Bearer", "bearer", 1), 200, ""},
		{"GET", api.PathStatus, peer, 403, api.CodeMastersOnly},
		{"GET", api.PathStatus, "", 401, api.CodeUnknownCaller},
		{"GET", api.PathStatus, "Bearer", 401, api.CodeUnknownCaller},
		{"GET", api.PathStatus, "Bearer " + strings.Repeat("0", 64), 401, api.CodeUnknownCaller},
		{"GET", api.PathStatus, strings.TrimPrefix(master, "Bearer "), 401, api.CodeUnknownCaller},
		{"GET", api.PathStatus, "Basic " + strings.TrimPrefix(master, "Bearer "), 401, api.CodeUnknownCaller},
		{"GET", api.PathStatus, authority.Authorize("w2"), 401, api.CodeUnknownCaller}, // the master's, for another worker
		{"GET", api.PathStatus, other.Authorize("w"), 401, api.CodeUnknownCaller},      // that of another run
		{"GET", api.PathHealth, "", 200, ""},
		{"GET", "/docs", "", 200, ""},
		{"GET", "/openapi.json", "", 200, ""},
		{"POST", "/docs", "", 401, api.CodeUnknownCaller},
		{"GET", "/docs/", "", 401, api.CodeUnknownCaller},
		{"GET", "//docs", "", 401, api.CodeUnknownCaller},
		{"GET", "/v1/chimera/nothing", "", 401, api.CodeUnknownCaller},
		{"POST", greet.Path, "", 401, api.CodeUnknownCaller},
		{"POST", greet.Path, peer, 403, api.CodeMastersOnly},
		{"PUT", api.PathIdentity, peer, 403, api.CodeMastersOnly},
		{"PUT", api.PathIdentity, master, 422, api.CodeInvalidRequest}, // it has no certificate
	} {
		rec := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), c.method, "http://127.0.0.1"+c.path, strings.NewReader(`{"name":"Ada"}`))
		req.Header.Set("Content-Type", "application/json")
		if c.authorization != "" {
			req.Header.Set("Authorization", c.authorization)
		}
		w.ServeHTTP(rec, req)
		body, _ := io.ReadAll(rec.Body) // memory has no errors
		if rec.Code != c.status || !strings.Contains(string(body), string(c.code)) {
			t.Errorf("%s %s with %q: %d %s; want %d %s", c.method, c.path, c.authorization, rec.Code, body, c.status, c.code)
		}
		if challenge := rec.Header().Get("WWW-Authenticate"); (challenge != "") != (rec.Code == http.StatusUnauthorized) {
			t.Errorf("%s %s: WWW-Authenticate %q with %d", c.method, c.path, challenge, rec.Code)
		}
	}
	if n := strings.Count(log.String(), "a request was refused"); n != 1 || strings.Contains(log.String(), strings.Fields(master)[1]) {
		t.Errorf("%d refusals in the log:\n%s", n, log.String())
	}
}

func issued(t *testing.T, a *identity.Authority, name string) *identity.Worker {
	t.Helper()
	secret, err := a.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := identity.Read(secret)
	if err != nil {
		t.Fatal(err)
	}
	return w
}
