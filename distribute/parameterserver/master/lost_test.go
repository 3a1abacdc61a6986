package master_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/mastertest"
	masters "github.com/gochimera/chimera/masters/cluster"
)

// mortal makes the second worker die at the n-th request to a path, as its launcher reports; revive starts it again.
func mortal(c *cluster, path string, n int32) (revive func()) {
	w := c.Workers[1]
	var dead atomic.Bool
	var asked atomic.Int32
	var inner atomic.Pointer[http.Handler] // nil until it is started again
	w.Instead(func(first http.Handler, rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path && asked.Add(1) == n {
			dead.Store(true)
			c.Server.WorkerExited(w.Name, "killed by the test")
		}
		if dead.Load() {
			panic(http.ErrAbortHandler)
		}
		if again := inner.Load(); again != nil {
			first = *again
		}
		first.ServeHTTP(rw, r)
	})
	return func() {
		again := w.Make() // it knows nothing of the fit
		inner.Store(&again)
		dead.Store(false)
	}
}

// A worker that dies at any point of a fit, and is started again, is waited for: the fit goes on from the step in progress
// and ends with the same bits as without its death.
func TestParameterServerWaitsForALostWorker(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(40, 2), 3)
	for _, tt := range []struct {
		name, settings, path string
		at                   int32
		step                 int
	}{
		{"its columns", "max_iter: 10", api.PathSchema, 1, 1},
		{"its moments", "max_iter: 10", parameterserver.PathMoments, 1, 1},
		{"the beginning", "max_iter: 10", parameterserver.PathBegin, 1, 1},
		{"a step on all rows", "max_iter: 10", parameterserver.PathStep, 7, 7},
		{"a mini-batch", "mode: minibatch, batch_size: 4, max_iter: 20, solver: momentum", parameterserver.PathStep, 13, 13},
		{"a round of local epochs", "mode: local, local_epochs: 2, max_iter: 10", parameterserver.PathStep, 1, 1},
		{"with a quorum that needs it", "max_iter: 10, quorum: 3, early_stopping: true", parameterserver.PathStep, 10, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := server{learner: "sgd-classifier", settings: tt.settings + ", n_iter_no_change: 0, recovery_timeout: 24h"}
			calm := s.start(t, shards...)
			want := calm.Fit()
			c := s.start(t, shards...)
			revive := mortal(c, tt.path, tt.at)
			done := make(chan api.FitResponse, 1)
			go func() { done <- c.Fit() }()
			mastertest.Event(c.Cluster, func(e api.WorkerFailedEvent) bool { return e.Failure.Worker == "w2" })
			revive()
			got := <-done
			mastertest.CloseTo(t, "parameters", c.parameters(false), calm.parameters(false), 0)
			if !slices.Equal(got.Training.Loss, want.Training.Loss) || len(got.Training.Missed) > 0 || len(got.Failures) > 0 {
				t.Errorf("%+v, want %+v", got.Training, want.Training)
			}
			r := got.Training.Recoveries
			if len(r) != 1 || r[0].Worker != "w2" || r[0].Reason == "" || r[0].Step != tt.step || r[0].From != tt.step {
				t.Errorf("%+v", r)
			}
		})
	}
}

// A worker that cannot come back, or more often than max_recoveries, ends the fit at once, with the reason; one that the
// quorum does not need is not waited for.
func TestParameterServerDoesNotWaitInVain(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(40, 2), 3)
	const settings = "max_iter: 10, n_iter_no_change: 0, recovery_timeout: 24h"
	refuses := func(t *testing.T, c *cluster, says string) {
		t.Helper()
		p := c.Problem(api.PathsOf("parameter-server").Fit, "", http.StatusBadGateway)
		if len(p.Workers) == 0 || !slices.ContainsFunc(p.Workers, func(f api.WorkerFailure) bool { return f.Worker == "w2" && strings.Contains(f.Reason, says) }) {
			t.Errorf("%+v does not say %q of w2", p, says)
		}
	}
	t.Run("its launcher leaves it alone", func(t *testing.T) {
		t.Parallel()
		c := server{learner: "sgd-classifier", settings: settings}.start(t, shards...)
		mortal(c, parameterserver.PathStep, 5)
		events, stop := c.Server.Events()
		defer stop()
		go func() {
			for e := range events {
				if f, is := e.Event.(api.WorkerFailedEvent); is && f.Failure.Worker == "w2" {
					c.Server.WorkerLeft("w2", "it ended with exit status 0")
				}
			}
		}()
		refuses(t, c, "it is not started again: it ended with exit status 0")
	})
	t.Run("nobody starts it", func(t *testing.T) {
		t.Parallel()
		c := server{learner: "sgd-classifier", settings: settings}.workers(t, shards...)
		c.NoRestart = true
		server{learner: "sgd-classifier", settings: settings}.over(c)
		c.Workers[1].Kill()
		refuses(t, c, "nobody starts it again")
	})
	t.Run("another cannot come", func(t *testing.T) {
		t.Parallel()
		c := server{learner: "sgd-classifier", settings: settings}.start(t, shards...)
		mortal(c, api.PathSchema, 1)
		c.Workers[2].Kill()
		c.Server.WorkerLeft("w3", "it ended with exit status 0")
		refuses(t, c, "others cannot come")
	})
	t.Run("too often", func(t *testing.T) {
		t.Parallel()
		c := server{learner: "sgd-classifier", settings: settings + ", max_recoveries: 1", faults: map[int]string{1: `{"drop":1}`}}.start(t, shards...)
		refuses(t, c, "recovered 1 times before; see parameter_server.max_recoveries")
	})
	t.Run("the quorum does not need it", func(t *testing.T) {
		t.Parallel()
		c := server{learner: "sgd-classifier", settings: settings + ", quorum: 2"}.start(t, shards...)
		mortal(c, parameterserver.PathStep, 5)
		if fit := c.Fit(); fit.Workers[1].Missed != 6 || len(fit.Training.Recoveries) > 0 {
			t.Errorf("%+v", fit)
		}
	})
	t.Run("it comes back as another", func(t *testing.T) {
		t.Parallel()
		c := server{learner: "sgd-classifier", settings: settings}.start(t, shards...)
		revive := mortal(c, parameterserver.PathStep, 5)
		c.Workers[1].Make = server{learner: "logistic-regression"}.workers(t, shards[1]).Workers[0].Make
		events, stop := c.Server.Events()
		defer stop()
		go func() {
			for e := range events {
				if f, is := e.Event.(api.WorkerFailedEvent); is && f.Failure.Worker == "w2" {
					revive()
				}
			}
		}()
		p := c.Problem(api.PathsOf("parameter-server").Fit, "", http.StatusUnprocessableEntity)
		if !strings.Contains(p.Detail, "w2 came back as logistic-regression") {
			t.Errorf("%+v", p)
		}
	})
}

// A worker is asked to show that it is alive in all that may take long, unless a step goes on without those that are late.
func TestParameterServerAsksForSignsOfLife(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(40, 2), 2)
	for settings, want := range map[string][]string{
		"":            {parameterserver.PathBegin, parameterserver.PathMoments, parameterserver.PathStep},
		", quorum: 1": {parameterserver.PathBegin, parameterserver.PathMoments},
	} {
		c := server{learner: "sgd-classifier", settings: "max_iter: 3" + settings}.start(t, shards...)
		beats := mastertest.Beats(c.Workers[0])
		c.Fit()
		slices.Sort(want)
		if got := beats(); !slices.Equal(got, want) {
			t.Errorf("%q: for %v, want %v", settings, got, want)
		}
	}
}

// A worker that comes back with a newer protocol is refused when it is back, not only by the next fit.
func TestParameterServerRefusesANewerWorkerAtOnce(t *testing.T) {
	t.Parallel()
	c := server{learner: "sgd-classifier", settings: "max_iter: 3"}.start(t, mastertest.Split(mastertest.ToyRows(40, 2), 2)...)
	c.Fit()
	c.Workers[1].Instead(func(inner http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != api.PathSchema {
			inner.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"worker":"w2","learner":"sgd-classifier","task":"classification","features":["a"],"rows":1,"protocol":%d}`, api.Protocol+1)
	})
	c.Server.WorkerExited("w2", "killed by the test")
	want := (&masters.NewerError{Worker: "w2", Protocol: api.Protocol + 1}).Error()
	for c.Member("w2").Reason != want && t.Context().Err() == nil { // there is no event for a reason
	}
	if m := c.Member("w2"); m.State != api.MemberDown {
		t.Errorf("%+v", m)
	}
}
