package master_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/registry"
)

// With recovery_timeout, a fit waits for a worker that dies in it and is started again, and all take part; one that cannot
// come back is left out, although the fit would wait for a day.
func TestAFitWaitsForALostWorker(t *testing.T) {
	t.Parallel()
	const settings = "aggregation: {recovery_timeout: 24h}\n"
	dies := func(c *mastertest.Cluster) (body string) {
		c.Gate.Closed.Store(true)
		_, body = c.Post(c.Paths().Fit+"?wait=false", "")
		for range three {
			<-c.Gate.Begun
		}
		c.Gate.Closed.Store(false)
		c.Workers[1].Kill()
		c.Server.WorkerExited("w2", "killed by the test")
		close(c.Gate.Open)
		return body
	}
	t.Run("it comes back", func(t *testing.T) {
		t.Parallel()
		c := start(t, "gated", settings, three...)
		running := mastertest.Decode[api.FitResponse](t, dies(c))
		mastertest.Event(c, func(e api.WorkerFailedEvent) bool { return e.Failure.Worker == "w2" })
		c.Workers[1].Start(t)
		mastertest.Event(c, func(e api.FitCommittedEvent) bool { return e.FitID == running.FitID && e.Workers == 3 })
		if got := c.Predict(ask); !slices.Equal(got.Y.Values, api.Floats{13, 23}) || got.Failures != nil {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("it cannot come back", func(t *testing.T) {
		t.Parallel()
		c := start(t, "gated", settings, three...)
		running := mastertest.Decode[api.FitResponse](t, dies(c))
		c.Server.WorkerLeft("w2", "it ended with exit status 0")
		mastertest.Event(c, func(e api.FitCommittedEvent) bool { return e.FitID == running.FitID && e.Workers == 2 })
		if got := c.Predict(ask); !slices.Equal(got.Y.Values, api.Floats{13.5, 23.5}) || !slices.Equal(names(got.Failures), []string{"w2"}) {
			t.Errorf("got %+v", got)
		}
	})
}

// A worker that is stopped (SIGSTOP) does not keep a prediction waiting once the quorum has answered: it is named, not
// asked again, and takes part when it goes on.
func TestAStoppedWorkerDoesNotStallPredictions(t *testing.T) {
	t.Parallel()
	c := start(t, "mean", "aggregation: {quorum: 2}\nendpoints: {timeout: 24h, late_after: 100ms}\n", three...)
	fit := c.Fit()
	goOn := make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	t.Cleanup(release)
	c.Workers[1].Instead(func(inner http.Handler, w http.ResponseWriter, r *http.Request) {
		<-goOn
		inner.ServeHTTP(w, r)
	})
	for range 2 { // the second one does not ask it
		got := c.Predict(ask)
		if !slices.Equal(got.Y.Values, api.Floats{13.5, 23.5}) || !slices.Equal(names(got.Failures), []string{"w2"}) || got.FitID != fit.FitID {
			t.Fatalf("got %+v", got)
		}
	}
	release()
	mastertest.Event(c, func(e api.WorkerUpEvent) bool { return e.Worker == "w2" })
	got := c.Predict(ask)
	for got.Failures != nil && t.Context().Err() == nil { // on a busy machine, others may be late too
		got = c.Predict(ask)
	}
	if !slices.Equal(got.Y.Values, api.Floats{13, 23}) {
		t.Errorf("after it went on: %+v", got)
	}
}

// A fit, and a prediction, may have a time of their own: what exceeds it is 504 and says so, and the model that served goes on
// serving.
func TestTimesOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := start(t, "gated", "aggregation: {quorum: 3}\nendpoints: {timeout: 24h, fit_timeout: 10s, predict_timeout: 10s}\n", three...)
	fit := c.Fit()
	c.Config.Endpoints.FitTimeout, c.Config.Endpoints.PredictTimeout = config.Duration(time.Millisecond), config.Duration(time.Millisecond)
	c.Gate.Closed.Store(true)
	p := c.Problem(c.Paths().Fit, "", http.StatusGatewayTimeout)
	if p.Code != api.CodeWorkersTimeout || !strings.Contains(p.Detail, "endpoints.fit_timeout") {
		t.Errorf("%+v", p)
	}
	goOn := make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	t.Cleanup(release)
	c.Workers[1].Instead(func(inner http.Handler, w http.ResponseWriter, r *http.Request) {
		<-goOn
		inner.ServeHTTP(w, r)
	})
	p = c.Problem(c.Paths().Predict, ask, http.StatusGatewayTimeout)
	if p.Code != api.CodeWorkersTimeout || !strings.Contains(p.Detail, "endpoints.predict_timeout") {
		t.Errorf("%+v", p)
	}
	release()
	c.Config.Endpoints.PredictTimeout = 0
	mastertest.Event(c, func(e api.WorkerUpEvent) bool { return e.Worker == "w2" })
	for _, name := range []string{"w1", "w3"} { // they may have been late too
		c.Settled(name, api.MemberUp)
	}
	if got := c.Predict(ask); !slices.Equal(got.Y.Values, api.Floats{13, 23}) || got.FitID != fit.FitID {
		t.Errorf("afterwards: %+v", got)
	}
}

// A worker that dies while it summarises its rows is waited for too, and the preparation is of all rows.
func TestAFitWaitsForASummary(t *testing.T) {
	t.Parallel()
	rows, targets := mastertest.Mixed(60, true)
	const settings = "aggregation: {recovery_timeout: 24h}\n"
	begin := func() *mastertest.Cluster {
		return mastertest.Start(t, master.New(), registry.Default, "logistic-regression", settings, mastertest.MixedShards(rows, targets, 3)...)
	}
	want := begin().Fit()
	c := begin()
	var died atomic.Bool
	c.Workers[1].Instead(func(inner http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == api.PathSummary && died.CompareAndSwap(false, true) {
			c.Server.WorkerExited("w2", "killed by the test")
		}
		if died.Load() {
			panic(http.ErrAbortHandler)
		}
		inner.ServeHTTP(w, r)
	})
	done := make(chan api.FitResponse, 1)
	go func() { done <- c.Fit() }()
	mastertest.Event(c, func(e api.WorkerFailedEvent) bool { return e.Failure.Worker == "w2" })
	c.Workers[1].Kill()
	c.Workers[1].Start(t)
	fit := <-done
	if len(fit.Failures) > 0 || fit.Rows != 60 || prepared(t, fit) != prepared(t, want) {
		t.Errorf("%+v, want %+v", fit, want)
	}
}
