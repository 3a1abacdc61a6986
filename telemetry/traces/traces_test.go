package traces_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/watch"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/telemetry/telemetrytest"
	"github.com/gochimera/chimera/telemetry/traces"
	"github.com/gochimera/chimera/workers"
)

// newCollector starts a collector, and has what is started by this test send to it.
func newCollector(t *testing.T) *telemetrytest.Collector {
	t.Helper()
	c := telemetrytest.NewCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10") // milliseconds, so that little is left to be sent at the end
	return c
}

// start starts a master and workers whose spans go to a collector.
func start(t *testing.T, k telemetrytest.Kind) *mastertest.Cluster {
	t.Helper()
	m, err := traces.NewMaster("test", "v1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return k.Start(t, func(string) []workers.Instrument { return []workers.Instrument{traces.Instrument()} },
		func(s *cluster.Setup) { s.Watch = append(s.Watch, m.Watch()) },
		func(s *cluster.Server) http.Handler { return m.Trace(s, s) })
}

// A fit is one trace, and so is a prediction, across the master, all its workers and what stages send each other, for every kind.
func TestOneTrace(t *testing.T) {
	for _, kind := range telemetrytest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			c := newCollector(t)
			t.Run("work", func(t *testing.T) { // at its end all spans have been sent
				m := start(t, kind)
				m.Fit()
				m.Predict(telemetrytest.Rows())
				m.Status()
			})
			fit, predict := c.Only(t, "POST "+fitPath(kind)), c.Only(t, "POST "+predictPath(kind))
			if got := len(c.Traces()); got != 2 {
				t.Errorf("a fit, a prediction and a look at the status made %d traces, want 2: %v", got, c.Roots())
			}
			for _, trace := range []*telemetrytest.Span{fit, predict} {
				checkWhole(t, c, trace)
			}
			work := c.Child(t, fit, "fit")
			if work.Attributes["chimera.run"] == "" {
				t.Errorf("the span of the fit does not say which: %v", work.Attributes)
			}
			if kind.Steps > 0 {
				step := c.Child(t, work, "step")
				if step.Attributes["chimera.step"] != "1" || step.Attributes["chimera.run"] != work.Attributes["chimera.run"] {
					t.Errorf("the first step says %v", step.Attributes)
				}
			}
			if kind.Name == "pipeline" {
				checkStages(t, c, fit)
			}
		})
	}
}

func fitPath(k telemetrytest.Kind) string { return api.PathsOf(k.Name).Fit }

func predictPath(k telemetrytest.Kind) string { return api.PathsOf(k.Name).Predict }

// checkWhole checks that every span of a trace has its parent in it, that every worker has a part in it, and that what a worker does
// is part of a call to it, or of what another worker does.
func checkWhole(t *testing.T, c *telemetrytest.Collector, root *telemetrytest.Span) {
	t.Helper()
	took := map[string]bool{}
	for _, s := range c.Traces()[root.Trace] {
		if s == root {
			continue
		}
		parent := c.ByID(s.Parent)
		if parent == nil || parent.Trace != root.Trace {
			t.Fatalf("%s of %s has no parent in its trace", s.Name, s.Service)
		}
		if s.Begin < parent.Begin {
			t.Errorf("%s of %s begins before %s of %s, which it is part of", s.Name, s.Service, parent.Name, parent.Service)
		}
		worker := s.Attributes["chimera.worker"]
		if s.Service != "chimera-worker" {
			continue
		}
		took[worker] = true
		if s.Instance != worker {
			t.Errorf("a span of worker %s says that it is %s", worker, s.Instance)
		}
		called := parent.Attributes["chimera.worker"] // nothing for the fit itself, which asks whether workers are ready
		if parent.Service == "chimera-master" && (called != "" || parent.Name != "fit") && (called != worker || !strings.HasSuffix(s.Name, parent.Name)) {
			t.Errorf("%s of worker %s is part of the call %s to worker %s", s.Name, worker, parent.Name, parent.Attributes["chimera.worker"])
		}
	}
	for _, name := range telemetrytest.Names() {
		itself := root.Name == "POST "+api.PathsOf("parameter-server").Predict || root.Name == "POST "+api.PathsOf("summation").Predict // the master has the model
		if !took[name] && !itself {

			t.Errorf("worker %s has no part in %s", name, root.Name)
		}
	}
}

// checkStages checks that what a stage sends to another is part of what it does in a step.
func checkStages(t *testing.T, c *telemetrytest.Collector, root *telemetrytest.Span) {
	t.Helper()
	from := map[string]bool{}
	for _, s := range c.Traces()[root.Trace] {
		if parent := c.ByID(s.Parent); parent != nil && parent.Service == "chimera-worker" {
			from[parent.Attributes["chimera.worker"]+" -> "+s.Attributes["chimera.worker"]] = true
		}
	}
	for _, pair := range []string{"w1 -> w2", "w2 -> w3", "w3 -> w2", "w2 -> w1"} {
		if !from[pair] {
			t.Errorf("nothing that was sent %s is in the trace; there is %v", pair, from)
		}
	}
}

// A trace that a client has begun goes on, also one of a request that only looks.
func TestClientsTrace(t *testing.T) {
	c := newCollector(t)
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	kind := telemetrytest.Kinds()[0]
	t.Run("work", func(t *testing.T) {
		m := start(t, kind)
		m.Fit()
		for method, path := range map[string]string{http.MethodPost: predictPath(kind), http.MethodGet: "/v1/chimera/status"} {
			body := ""
			if method == http.MethodPost {
				body = telemetrytest.Rows()
			}
			r, err := http.NewRequestWithContext(t.Context(), method, m.Master.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Traceparent", fmt.Sprintf("00-%s-%s-01", trace, parent))
			r.Header.Set("Tracestate", "vendor=1")
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
				t.Fatal(res.Status, err)
			}
		}
	})
	workers := 0
	for _, s := range c.Traces()[trace] {
		if s.State != "vendor=1" {
			t.Errorf("%s of %s has lost what others note with the trace: %q", s.Name, s.Service, s.State)
		}
		if s.Service == "chimera-worker" {
			workers++
		}
	}
	for _, name := range []string{"POST " + predictPath(kind), "GET /v1/chimera/status"} {
		if s := c.Only(t, name); s.Trace != trace || s.Parent != parent {
			t.Errorf("%s is in trace %s, under %s", name, s.Trace, s.Parent)
		}
	}
	if workers != telemetrytest.Workers {
		t.Errorf("%d workers have a part in the client's trace", workers)
	}
}

// A header that names no trace makes a request that only looks part of none, of a master and of a worker.
func TestNoTrace(t *testing.T) {
	c := newCollector(t)
	t.Run("work", func(t *testing.T) {
		m := start(t, telemetrytest.Kinds()[0])
		for _, url := range []string{m.Master.URL, m.Workers[0].Server.URL} {
			for _, header := range []string{"1", "00-00000000000000000000000000000000-b7ad6b7169203331-01"} {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/v1/chimera/status", nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Traceparent", header)
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
					t.Fatal(res.Status, err)
				}
			}
		}
	})
	if all := c.Roots(); len(all) > 0 {
		t.Errorf("there are traces: %v", all)
	}
}

// A collector that never answers does not hold up the end, which says that spans are lost.
func TestSilentCollector(t *testing.T) {
	held := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-held }))
	defer s.Close()
	defer close(held)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
	var log strings.Builder
	m, err := traces.NewMaster("test", "v1", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	_, done := m.Watch().Work(t.Context(), watch.Fit)
	done(nil)
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if text := log.String(); strings.Count(text, "could not be sent and are lost") != 1 {
		t.Errorf("the log says\n%s", text)
	}
}

// A trace that a client does not want to be recorded is not recorded by anybody.
func TestUnsampled(t *testing.T) {
	c := newCollector(t)
	kind := telemetrytest.Kinds()[1]
	t.Run("work", func(t *testing.T) {
		m := start(t, kind)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.Master.URL+fitPath(kind), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res.Status, err)
		}
		m.Predict(telemetrytest.Rows())
	})
	if all := c.Traces(); len(all) != 1 || c.Only(t, "POST "+predictPath(kind)) == nil {
		t.Errorf("%d traces: %v", len(all), c.Roots())
	}
}

// A call that fails is marked, and so is the fit that fails for it; the reason is with it.
func TestFailure(t *testing.T) {
	c := newCollector(t)
	kind := telemetrytest.Kinds()[0]
	t.Run("work", func(t *testing.T) {
		m := start(t, kind)
		for _, w := range m.Workers {
			w.Server.CloseClientConnections()
			w.Server.Close()
		}
		status, answer := m.Send(http.MethodPost, fitPath(kind), "", "")
		if status < 400 {
			t.Errorf("a fit without workers: %d %s", status, answer)
		}
	})
	fit := c.Child(t, c.Only(t, "POST "+fitPath(kind)), "fit")
	if !fit.Failed || !strings.Contains(fit.Reason, "w2") {
		t.Errorf("the fit's span says failed: %v, %q", fit.Failed, fit.Reason)
	}
	unanswered := 0
	for _, s := range c.Traces()[fit.Trace] {
		if s.Failed && s.Attributes["chimera.worker"] == "w2" && s.Attributes["chimera.result"] == "unanswered" {
			unanswered++
		}
	}
	if unanswered == 0 {
		t.Error("no call to w2 is marked as one that had no answer")
	}
}

// Without a collector the work goes on, and the log says once that spans are lost.
func TestNoCollector(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1") // nothing listens there
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "50")
	var log strings.Builder
	t.Run("work", func(t *testing.T) {
		m, err := traces.NewMaster("test", "v1", slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		k := telemetrytest.Kinds()[0].Start(t, func(string) []workers.Instrument { return nil },
			func(s *cluster.Setup) { s.Watch = append(s.Watch, m.Watch()) }, func(s *cluster.Server) http.Handler { return m.Trace(s, s) })
		k.Fit()
		k.Predict(telemetrytest.Rows())
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	if text := log.String(); strings.Count(text, "traces cannot be sent") != 1 {
		t.Errorf("the log says\n%s", text)
	}
}

// What OpenTelemetry's variables ask for, and is not there, is refused with the variable's name; what turns traces off, does.
func TestVariables(t *testing.T) {
	newCollector(t)
	for _, c := range []struct{ name, value, want string }{
		{"OTEL_TRACES_EXPORTER", "zipkin", `OTEL_TRACES_EXPORTER is "zipkin"`},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", `port 4318`},
		{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is "http/json"`},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", `http://localhost:4318`},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://localhost", `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is "ftp://localhost"`},
		{"OTEL_TRACES_EXPORTER", "otlp", ""},
		{"OTEL_TRACES_EXPORTER", "none", "nothing"},
		{"OTEL_SDK_DISABLED", "true", "nothing"},
	} {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			t.Setenv(c.name, c.value)
			m, err := traces.NewMaster("test", "v1", slog.New(slog.DiscardHandler))
			switch {
			case c.want == "" || c.want == "nothing":
				if err != nil || (m.Watch().Call == nil) != (c.want == "nothing") {
					t.Errorf("%v, %v", err, m)
				}
			case err == nil || !strings.Contains(err.Error(), c.want):
				t.Errorf("the error is %v, want one with %s", err, c.want)
			}
			if m != nil {
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A container is told where the collector is, but no secrets and no files of this machine.
func TestEnvironment(t *testing.T) {
	got := traces.Environment([]string{
		"PATH=/bin", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "OTEL_EXPORTER_OTLP_HEADERS=authorization=secret", "OTEL_TRACES_SAMPLER=always_on",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS=x", "OTEL_EXPORTER_OTLP_CERTIFICATE=ca.pem", "OTEL_EXPORTER_OTLP_CLIENT_KEY=key.pem",
	})
	if want := "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_TRACES_SAMPLER=always_on"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestLoopback(t *testing.T) {
	for endpoint, want := range map[string]string{
		"": "http://localhost:4318", "http://127.0.0.1:9": "http://127.0.0.1:9", "http://[::1]:9": "http://[::1]:9", "http://collector:4318": "",
		"https://192.0.2.1:4318": "",
	} {
		get := func(name string) string { return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}[name] }
		if got := traces.Loopback(get); got != want {
			t.Errorf("%q: %q, want %q", endpoint, got, want)
		}
	}
}
