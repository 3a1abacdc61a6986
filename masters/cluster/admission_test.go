package cluster_test

import (
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	aggregation "github.com/gochimera/chimera/distribute/aggregation/master"
	parameterserver "github.com/gochimera/chimera/distribute/parameterserver/master"
	pipeline "github.com/gochimera/chimera/distribute/pipeline/master"
	"github.com/gochimera/chimera/docs"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/mastertest"
	_ "github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/registry"
)

const (
	anAdmin = "an-admin-of-sixteen"
	aReader = "a-reader-of-sixteen"
)

// guarded is a master that asks for tokens, whose workers do not answer.
func guarded(t *testing.T, kind cluster.Master) *mastertest.Cluster {
	t.Helper()
	guard, err := access.NewGuard(access.Lists{Text: "admin " + anAdmin + "; predict " + aReader}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c := mastertest.New(t, kind)
	c.Adjust = func(s *cluster.Setup) {
		s.Guard, s.Guide = guard, docs.Handler()
		s.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") })
	}
	c.Workers = mastertest.Start(t, aggregation.New(), nil, "mean", "", mastertest.Three()...).Workers
	c.Serve("launcher: external\nlearner: mlp-classifier\nworkers:\n"+c.External(), registry.Default) // one that every kind can train
	return c
}

// open is what anybody may ask.
var open = []string{
	"GET " + api.PathHealth, "GET " + api.PathReady, "GET /{$}", "GET /dashboard/", "GET /favicon.ico", "GET /docs", "GET /docs/", "GET /docs/{$}", "GET /redoc",
	"GET /guide/",
}

// readers is what those may ask, too, who may predict and look; all else is for administrators.
var readers = []string{
	"GET /metrics", "GET /openapi.json", "GET /openapi.yaml", "GET /openapi-3.0.json", "GET /openapi-3.0.yaml", "GET " + api.PathStatus, "GET " + api.PathLearners,
	"GET " + api.PathFit, "GET " + api.PathFitEvents, "GET " + api.PathModels, "GET " + api.PathModels + "/{id}", "GET " + api.PathRuns,
	"GET " + api.PathRuns + "/{id}", "GET " + api.PathRuns + "/{id}/events", "GET " + api.PathImportances, "GET " + api.PathLinearCoefficients,
	"GET " + api.PathOutOfBag, "GET " + api.PathStructure, "POST " + api.PathPermutationImportance, "POST " + api.PathPartialDependence,
	"GET " + api.PathCoefficients, "GET " + api.PathStages,
}

// Of every master of this module, everything that it answers has a role that somebody has decided. A client that shows no token or a wrong one
// gets no further than to what is open, and one that may predict changes nothing. The body of a refused request is not read.
func TestEveryOperationHasARole(t *testing.T) {
	for _, kind := range []cluster.Master{aggregation.New(), parameterserver.New(), pipeline.New()} {
		t.Run(kind.Kind(), func(t *testing.T) {
			c, paths := guarded(t, kind), api.PathsOf(kind.Kind())
			for _, pattern := range c.Server.Patterns() {
				method, path, _ := strings.Cut(pattern, " ")
				want := access.Admin
				switch {
				case slices.Contains(open, pattern):
					want = access.Open
				case slices.Contains(readers, pattern) || path == paths.Predict || path == paths.Score:
					want = access.Predict
				}
				role, listed := cluster.TableOfRoles(kind.Kind(), pattern, method)
				if role != want || !listed && !slices.Contains([]string{paths.Fit, paths.Predict, paths.Score}, path) {
					t.Errorf("%s has the role %q, want %q; it is in the table: %t", pattern, role, want, listed)
				}
				path = strings.NewReplacer("{$}", "", "{id}", "some").Replace(path)
				for token, status := range map[string]int{"": http.StatusUnauthorized, "a-stranger-of-sixteen": http.StatusUnauthorized, aReader: http.StatusForbidden} {
					if want == access.Open || want == access.Predict && token == aReader {
						continue
					}
					if got, body := send(c, method, path, token); got != status || strings.Contains(body, "sixteen") {
						t.Errorf("%s with the token %q: status %d, want %d: %s", pattern, token, got, status, body)
					}
				}
				if want == access.Open || path == api.PathFitEvents || path == paths.Fit { // a stream, and work for workers who are of another kind
					continue
				}
				if got, body := send(c, method, path, anAdmin); got == http.StatusUnauthorized || got == http.StatusForbidden {
					t.Errorf("%s with an administrator's token: status %d: %s", pattern, got, body)
				}
			}
			for _, nothing := range []string{"/nowhere", "//v1/chimera/status", "/v1/chimera/../chimera/status", api.PathStatus + "/", "/v1/chimera/models/a/b/c"} {
				if got, body := send(c, http.MethodGet, nothing, ""); got != http.StatusUnauthorized {
					t.Errorf("%s without a token: status %d: %s", nothing, got, body)
				}
			}
			for _, odd := range []string{"OPTIONS", "TRACE", "BREW", "PUT"} {
				if got, body := send(c, odd, api.PathModels, aReader); got != http.StatusForbidden {
					t.Errorf("%s %s by who may predict: status %d: %s", odd, api.PathModels, got, body)
				}
			}
		})
	}
}

// send makes a request with a body that never ends, unless it only looks, so that it is answered only if nobody waits for the body.
func send(c *mastertest.Cluster, method, path, token string) (status int, body string) {
	c.T.Helper()
	var sent io.Reader
	if token != anAdmin && (method == http.MethodPost || method == http.MethodPut) {
		unending, w := io.Pipe()
		defer func() { _ = w.Close() }()
		sent = unending
	}
	r, err := http.NewRequestWithContext(c.T.Context(), method, c.Master.URL+path, sent)
	if err != nil {
		c.T.Fatal(err)
	}
	if sent != nil {
		r.Header.Set("Expect", "100-continue")
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		c.T.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		c.T.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

// The OpenAPI documents say what a client must be, and only of masters that ask for it.
func TestDocumentsSayWhoMayAsk(t *testing.T) {
	c := guarded(t, aggregation.New())
	doc := c.Server.Huma.OpenAPI()
	if s := doc.Components.SecuritySchemes["token"]; s == nil || s.Type != "http" || s.Scheme != "bearer" {
		t.Errorf("the scheme is %+v", s)
	}
	fit, health := doc.Paths[c.Paths().Fit].Post, doc.Paths[api.PathHealth].Get
	if len(fit.Security) != 1 || fit.Security[0]["token"] == nil || !strings.Contains(fit.Description, "role admin") || health.Security != nil {
		t.Errorf("a fit needs %v (%s), a probe %v", fit.Security, fit.Description, health.Security)
	}
	plain := mastertest.New(t, aggregation.New())
	plain.Workers = c.Workers
	plain.Serve("launcher: external\nworkers:\n"+plain.External(), plain.Registry())
	doc = plain.Server.Huma.OpenAPI()
	if len(doc.Components.SecuritySchemes) > 0 || doc.Paths[plain.Paths().Fit].Post.Security != nil {
		t.Error("a master that asks for nothing documents that it does")
	}
}
