package master_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/mastertest"
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
	inner := c.Workers[1].Server.Config.Handler
	c.Workers[1].Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-goOn
		inner.ServeHTTP(w, r)
	})
	for range 2 { // the second one does not ask it
		got := c.Predict(ask)
		if !slices.Equal(got.Y.Values, api.Floats{13.5, 23.5}) || !slices.Equal(names(got.Failures), []string{"w2"}) || got.FitID != fit.FitID {
			t.Fatalf("got %+v", got)
		}
	}
	close(goOn)
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
	inner := c.Workers[1].Server.Config.Handler
	c.Workers[1].Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-goOn
		inner.ServeHTTP(w, r)
	})
	p = c.Problem(c.Paths().Predict, ask, http.StatusGatewayTimeout)
	if p.Code != api.CodeWorkersTimeout || !strings.Contains(p.Detail, "endpoints.predict_timeout") {
		t.Errorf("%+v", p)
	}
	close(goOn)
	c.Config.Endpoints.PredictTimeout = 0
	mastertest.Event(c, func(e api.WorkerUpEvent) bool { return e.Worker == "w2" })
	for _, name := range []string{"w1", "w3"} { // they may have been late too
		c.Settled(name, api.MemberUp)
	}
	if got := c.Predict(ask); !slices.Equal(got.Y.Values, api.Floats{13, 23}) || got.FitID != fit.FitID {
		t.Errorf("afterwards: %+v", got)
	}
}
