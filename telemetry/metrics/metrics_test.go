package metrics_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/telemetry/metrics"
	"github.com/gochimera/chimera/telemetry/telemetrytest"
)

// tally counts what goes over the wire, apart from all metrics: the requests to a node by path, and the bytes of their bodies.
type tally struct {
	mu             sync.Mutex
	requests       map[string]int
	received, sent int
}

func (a *tally) over(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &counted{ResponseWriter: w}
		next.ServeHTTP(c, r)
		a.mu.Lock()
		defer a.mu.Unlock()
		if r.URL.Path == api.PathReady || r.URL.Path == metrics.Path { // a probe
			return
		}
		a.requests[r.URL.Path]++
		a.received += int(r.ContentLength)
		a.sent += c.n
	})
}

type counted struct {
	http.ResponseWriter
	n int
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n += n
	return n, err
}

func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// What masters and workers count is what went over the wire, and what the report of the fit says.
func TestCountsAgree(t *testing.T) {
	for _, k := range telemetrytest.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			c := start(t, k)
			tallies := make([]*tally, len(c.Workers))
			for i, w := range c.Workers {
				tallies[i] = &tally{requests: map[string]int{}}
				w.Server.Config.Handler = tallies[i].over(w.Server.Config.Handler)
			}
			c.Fit()
			for range 7 {
				c.Predict(telemetrytest.Rows())
			}
			at := scrape(t, c.Master.URL)
			same := func(what string, got float64, want int) {
				t.Helper()
				if got != float64(want) {
					t.Errorf("%s: %v, want %d", what, got, want)
				}
			}
			same("predictions", value(t, at, "http_requests_total", "route="+c.Paths().Predict+" method=POST code=200"), 7)
			same("their latencies", value(t, at, "http_request_duration_seconds", "route="+c.Paths().Predict), 7)
			same("their bytes", value(t, at, "http_received_bytes_total", "route="+c.Paths().Predict), 7*len(telemetrytest.Rows()))
			same("fits", value(t, at, "fits_total", "result=committed"), 1)
			same("steps", value(t, at, "steps_total", ""), k.Steps)
			for i, w := range c.Workers {
				a := tallies[i]
				of := scrape(t, w.Server.URL)
				all, sent, received := 0, 0.0, 0.0
				for path, n := range a.requests {
					all += n
					same(w.Name+" "+path, value(t, of, "http_requests_total", "route="+path), n)
					received += value(t, of, "http_received_bytes_total", "route="+path)
					sent += value(t, of, "http_sent_bytes_total", "route="+path)
				}
				same(w.Name+" bytes received", received, a.received)
				same(w.Name+" bytes sent", sent, a.sent)
				if k.Name != "pipeline" { // whose stages call each other
					same(w.Name+" calls", value(t, at, "worker_calls_total", "worker="+w.Name+" result=answered"), all)
					same(w.Name+" bytes sent to it", value(t, at, "worker_call_sent_bytes_total", "worker="+w.Name), a.received)
					same(w.Name+" bytes received from it", value(t, at, "worker_call_received_bytes_total", "worker="+w.Name), a.sent)
				}
				same(w.Name+" steps", value(t, at, "worker_steps_total", "result=answered worker="+w.Name), k.Steps)
				if k.Steps > 0 {
					last := mastertest.Event(c, func(e api.StepEvent) bool { return e.Step == k.Steps }).Parts[i].Total
					same(w.Name+" bytes of steps sent", value(t, at, "worker_step_sent_bytes_total", "worker="+w.Name), int(last.Sent))
					same(w.Name+" bytes of steps received", value(t, at, "worker_step_received_bytes_total", "worker="+w.Name), int(last.Received))
				}
				same(w.Name+" is ready", value(t, of, "worker_ready", ""), 1)
				same(w.Name+" is up", value(t, at, "worker_state", "worker="+w.Name+" state=up"), 1)
			}
		})
	}
}

// A worker that says once that it is busy is asked again, and both are counted.
func TestRetriesAreCounted(t *testing.T) {
	k := telemetrytest.Kinds()[0]
	k.More("endpoints: {max_retries: 2}\n")
	c := start(t, k)
	c.Fit()
	var refused atomic.Bool
	c.Workers[1].Instead(func(honest http.Handler, rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/predict") && refused.CompareAndSwap(false, true) {
			rest.WriteProblem(rw, api.NewProblem(api.CodeOverloaded, "Busy."))
			return
		}
		honest.ServeHTTP(rw, r)
	})
	before := scrape(t, c.Master.URL)
	c.Predict(telemetrytest.Rows())
	after := scrape(t, c.Master.URL)
	for labels, want := range map[string]float64{"worker=w1": 0, "worker=w2": 1, "worker=w3": 0} {
		if got := value(t, after, "worker_retries_total", labels) - value(t, before, "worker_retries_total", labels); got != want {
			t.Errorf("%s: %v retries, want %v", labels, got, want)
		}
		if got := value(t, after, "worker_calls_total", labels+" result=refused") - value(t, before, "worker_calls_total", labels+" result=refused"); got != want {
			t.Errorf("%s: %v refusals, want %v", labels, got, want)
		}
		if got := value(t, after, "worker_calls_total", labels+" result=answered") - value(t, before, "worker_calls_total", labels+" result=answered"); got != 1 {
			t.Errorf("%s: %v answers, want 1", labels, got)
		}
	}
}

// Neither callers nor fits add series for ever.
func TestSeriesAreBounded(t *testing.T) {
	c := start(t, telemetrytest.Kinds()[1])
	ask := func(i int) {
		c.Fit()
		c.Predict(telemetrytest.Rows())
		c.Send(http.MethodGet, fmt.Sprintf("/nothing/%d/at/all", i), "", "")
		c.Send(fmt.Sprintf("METHOD%d", i), c.Paths().Predict, "", "")
		c.Send(http.MethodGet, fmt.Sprintf("/guide/%d", i), "", "")
		c.Send(http.MethodGet, fmt.Sprintf("%s/%d", api.PathModels, i), "", "")
	}
	ask(0)
	for _, url := range []string{c.Master.URL, c.Workers[0].Server.URL} {
		scrape(t, url) // this is among the requests the next time
	}
	before, beforeWorker := series(scrape(t, c.Master.URL)), series(scrape(t, c.Workers[0].Server.URL))
	for i := range 20 {
		ask(i + 1)
	}
	after, afterWorker := series(scrape(t, c.Master.URL)), series(scrape(t, c.Workers[0].Server.URL))
	if before != after || after > 400 {
		t.Errorf("a master has %d series, then %d", before, after)
	}
	if beforeWorker != afterWorker || afterWorker > 200 {
		t.Errorf("a worker has %d series, then %d", beforeWorker, afterWorker)
	}
}

// Names and units are as Prometheus has them, and every metric that is declared is shown, and no other.
func TestNames(t *testing.T) {
	shown := map[string]bool{}
	c := start(t, telemetrytest.Kinds()[2])
	c.Fit()
	c.Predict(telemetrytest.Rows())
	for _, url := range []string{c.Master.URL, c.Workers[0].Server.URL} {
		get(t, url+metrics.Path) // it is among the requests the next time
		text := get(t, url+metrics.Path)
		problems, err := promlint.New(strings.NewReader(text)).Lint()
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", url, problems, err)
		}
		for name, f := range parse(t, text) {
			if strings.HasPrefix(name, "chimera_") {
				shown[name] = true
			} else if !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
				t.Errorf("an unknown metric: %s", name)
			}
			i := slices.IndexFunc(metrics.All(), func(m metrics.Metric) bool { return m.Name == name })
			if i >= 0 && !strings.EqualFold(f.GetType().String(), metrics.All()[i].Kind) {
				t.Errorf("%s is a %s, declared as %s", name, f.GetType(), metrics.All()[i].Kind)
			}
		}
	}
	for _, m := range metrics.All() {
		if !shown[m.Name] {
			t.Errorf("%s is declared, and nobody shows it", m.Name)
		}
		delete(shown, m.Name)
	}
	if len(shown) > 0 {
		t.Errorf("not declared: %v", shown)
	}
}

// hostile is a master whose workers have names that nobody should have.
type hostile struct{ http.Handler }

var names = []string{
	`<img src=x onerror="alert(1)">`, "a\"} 1\nchimera_fits_total{result=\"committed", `back\slash`, "\u202eright to left", strings.Repeat("long", 500),
}

func (hostile) Route(*http.Request) string { return "" }

func (hostile) Memory() []rest.MemoryLoad { return nil }

func (hostile) Listeners() int { return 0 }

func (hostile) Status() (s api.MasterStatus) {
	for _, n := range names {
		s.Workers = append(s.Workers, api.Member{Worker: n, State: api.MemberDown})
	}
	return s
}

// Names stay values of labels, whatever they are.
func TestHostileNames(t *testing.T) {
	m := metrics.NewMaster(names)
	m.Measure(hostile{})
	rec := answerOf(t, m.Page())
	at := parse(t, rec)
	for _, want := range names {
		found := false
		for _, one := range at["chimera_worker_state"].GetMetric() {
			for _, l := range one.GetLabel() {
				found = found || l.GetName() == "worker" && l.GetValue() == want
			}
		}
		if !found {
			t.Errorf("no worker %.40q", want)
		}
	}
	if got := value(t, at, "fits_total", "result=committed"); got != 0 {
		t.Errorf("a name has become a line: %v fits", got)
	}
}

// The metrics are shown to nobody whom the node does not answer otherwise.
func TestUnknownHostsAreRefused(t *testing.T) {
	c := start(t, telemetrytest.Kinds()[0])
	for _, url := range []string{c.Master.URL, c.Workers[0].Server.URL} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+metrics.Path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "rebound.example.org"
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s answers %s", url, res.Status)
		}
	}
}
