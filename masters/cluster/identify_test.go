package cluster_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/masters/cluster"
)

// lines are those of a log, which several goroutines write.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

// with is whether a line has all parts.
func (l *lines) with(parts ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.all.String()) {
		has := true
		for _, p := range parts {
			has = has && strings.Contains(line, p)
		}
		if has {
			return true
		}
	}
	return false
}

// Every answer has the ID of its request: the caller's, if that can be one. Workers are asked with it, in predictions and in fits, also
// again, and the master's log has it.
func TestRequestIDs(t *testing.T) {
	said := &lines{}
	c := mastertest.New(t, master.New())
	c.Adjust = func(s *cluster.Setup) { s.Log = slog.New(logs.Handler(said, logs.Text, slog.LevelDebug)) }
	c.Workers = mastertest.Start(t, master.New(), nil, "mean", "", mastertest.Three()...).Workers
	c.Serve("launcher: external\nendpoints: {max_retries: 1}\nworkers:\n"+c.External(), c.Registry())

	asked := make(chan string, 100) // with which IDs the worker is asked, by path
	var stumbled atomic.Bool
	c.Workers[0].Instead(func(honest http.Handler, rw http.ResponseWriter, r *http.Request) {
		asked <- fmt.Sprintf("%s %s", r.URL.Path, r.Header.Get(api.HeaderRequest))
		if strings.HasSuffix(r.URL.Path, "/fit") && !stumbled.Swap(true) {
			http.Error(rw, "try again", http.StatusServiceUnavailable)
			return
		}
		honest.ServeHTTP(rw, r)
	})
	ask := func(method, path, body, id string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, c.Master.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if id != "" {
			req.Header.Set(api.HeaderRequest, id)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		return res.Header.Get(api.HeaderRequest)
	}
	wants := func(path, id string) {
		t.Helper()
		for {
			select {
			case got := <-asked:
				if got == path+" "+id {
					return
				}
			default:
				t.Fatalf("the worker was not asked at %s with the ID %q", path, id)
			}
		}
	}
	if got := ask(http.MethodPost, c.Paths().Fit, "", "my fit 7"); got != "my fit 7" {
		t.Errorf("the fit was answered with the ID %q", got)
	}
	wants("/v1/chimera/model/fit", "my fit 7")
	wants("/v1/chimera/model/fit", "my fit 7")
	if got := ask(http.MethodPost, c.Paths().Predict, `{"X_pred_columns":["a","b"],"X_pred_rows":[[1,2]]}`, "my-1"); got != "my-1" {
		t.Errorf("the prediction was answered with the ID %q", got)
	}
	wants("/v1/chimera/model/predict", "my-1")
	if !said.with("retrying a request to a worker", "worker=w1", `request="my fit 7"`) {
		t.Errorf("the log does not say for which request a call was repeated:\n%s", &said.all)
	}
	made := map[string]bool{}
	for _, id := range []string{"", strings.Repeat("x", 65), "\u00e9", "tab\tbed"} {
		for _, path := range []string{api.PathStatus, "/nowhere", "/"} {
			got := ask(http.MethodGet, path, "", id)
			if !logs.IsRequestID(got) || got == id || made[got] {
				t.Errorf("%s with the ID %q was answered with %q", path, id, got)
			}
			made[got] = true
		}
	}
}
