package cluster_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/docs"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/masters/cluster"
)

// Every answer of a master, whatever is asked, tells a browser not to guess, not to frame it and to load nothing from elsewhere; a page may run
// nothing but its own scripts.
func TestAnswersAreProtected(t *testing.T) {
	c := mastertest.New(t, master.New())
	c.Adjust = func(s *cluster.Setup) {
		s.Guide = docs.Handler()
		s.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") })
	}
	c.Workers = mastertest.Start(t, master.New(), nil, "mean", "", mastertest.Three()...).Workers
	c.Serve("launcher: external\nworkers:\n"+c.External(), c.Registry())
	c.Fit()

	asked := c.Server.Patterns()
	for _, path := range []string{
		"GET /", "GET /docs", "GET /metrics", "GET /guide/", "GET /openapi.json", "GET " + api.PathStatus, "POST " + c.Paths().Predict, "GET " + api.PathFitEvents,
	} {
		if !slices.Contains(asked, path) && !slices.Contains(asked, path+"{$}") {
			t.Errorf("%s is not among what is registered: %v", path, asked)
		}
	}
	asked = append(asked, "GET /nowhere", "DELETE "+api.PathStatus, "GET "+api.PathStatus+"/", "GET /dashboard/main.js", "GET /dashboard/nothing",
		"GET /docs/swagger-ui.css", "GET /docs/nothing", "GET /guide/security", "GET /guide/guide.css", "GET /guide/nothing",
		"PUT /guide/", "GET /guide/pictures/visits-roc.svg", "OPTIONS *")
	pages := 0
	for _, pattern := range asked {
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{$}", "", "{id}", "some").Replace(path)
		for _, site := range []string{"", "cross-site"} {
			header := answered(c, method, path, site)
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got := header.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s (%s): %s is %q, want %s", pattern, site, name, got, want)
				}
			}
			policy := header.Values("Content-Security-Policy")
			if len(policy) != 1 {
				t.Errorf("%s (%s): the policies are %q", pattern, site, policy)
				continue
			}
			for _, part := range []string{"default-src 'none'; ", "frame-ancestors 'none'"} {
				if !strings.Contains(policy[0], part) {
					t.Errorf("%s (%s): the policy %q lacks %s", pattern, site, policy[0], part)
				}
			}
			for directive := range strings.SplitSeq(policy[0], ";") {
				if strings.Contains(directive, "script-src") && strings.Contains(directive, "unsafe") || strings.Contains(directive, "http") {
					t.Errorf("%s (%s): the policy has %s", pattern, site, directive)
				}
			}
			if strings.HasPrefix(header.Get("Content-Type"), "text/html") && site == "" {
				pages++
			}
		}
	}
	if pages < 5 {
		t.Errorf("%d answers are pages", pages)
	}
}

// answered is the header of an answer to a request, of another site's page if site says so.
func answered(c *mastertest.Cluster, method, path, site string) http.Header {
	c.T.Helper()
	ctx, cancel := context.WithCancel(c.T.Context())
	defer cancel() // a stream of events would go on
	url := c.Master.URL + path
	if path == "*" {
		url = c.Master.URL
	}
	r, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		c.T.Fatal(err)
	}
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		c.T.Fatal(err)
	}
	defer res.Body.Close()
	return res.Header
}

// The limits of chimera.yaml are those of the master, and an operation documents that it has them (Send).
func TestLimitsOfRequests(t *testing.T) {
	c := mastertest.Start(t, master.New(), nil, "mean", "limits: {rate: 0.001, burst: 2, rate_local: true, max_requests: 9}\n", mastertest.Three()...)
	if l := c.Server.Limits(); l.Requests != 9 || l.Rate != 0.001 || l.Burst != 2 || !l.RateLocal {
		t.Errorf("the limits are %+v", l)
	}
	for range 2 {
		if status, body := c.Send(http.MethodGet, api.PathStatus, "", ""); status != http.StatusOK {
			t.Errorf("answered %d: %s", status, body)
		}
	}
	for _, path := range []string{c.Paths().Predict, c.Paths().Fit} {
		if p := c.Problem(path, "{}", http.StatusTooManyRequests); p.Code != api.CodeTooManyRequests || !strings.Contains(p.Detail, "limits.rate") {
			t.Errorf("%s: %+v", path, p)
		}
	}
	for range 5 {
		for _, path := range []string{api.PathHealth, api.PathReady} {
			if status, body := c.Send(http.MethodGet, path, "", ""); status == http.StatusTooManyRequests {
				t.Errorf("%s is answered %s", path, body)
			}
		}
	}
	if l := mastertest.Start(t, master.New(), nil, "mean", "", mastertest.Three()...).Server.Limits(); l.Requests != 1024 || l.Rate != 0 {
		t.Errorf("without settings, the limits are %+v", l)
	}
}
