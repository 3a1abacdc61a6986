package master_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/mastertest"
)

// A worker that is asked to leave stays a part of the model in service until the next fit has ended, which is without it; one that joins
// takes part from the next fit on.
func TestWorkersLeaveAndJoinWithTheNextFit(t *testing.T) {
	t.Parallel()
	c := start(t, "mean", "", three...)
	c.Fit()
	before := c.Predict(ask)
	if s := c.Scale("w1", "w2"); !slices.Equal(s.Leaving, []string{"w3"}) || s.When != api.ScaleNextFit || s.Workers != 2 {
		t.Errorf("%+v", s)
	}
	if again := c.Scale("w1", "w2"); len(again.Leaving)+len(again.Joining) > 0 {
		t.Errorf("asked again: %+v", again)
	}
	if m := c.Member("w3"); m.State != api.MemberUp || !m.Leaving {
		t.Errorf("%+v", m)
	}
	same := c.Predict(ask)
	if !slices.Equal(same.Y.Values, before.Y.Values) || len(same.Failures) > 0 {
		t.Errorf("%+v, before %+v", same, before)
	}
	fit := c.Fit()
	if len(fit.Workers) != 2 || len(fit.Failures) > 0 || !strings.Contains(strings.Join(fit.Notes, " "), "w3") {
		t.Errorf("%+v", fit)
	}
	c.Settled("w3", api.MemberAway)
	two := c.Predict(ask)
	if len(two.Workers) != 2 || len(two.Failures) > 0 || slices.Equal(two.Y.Values, before.Y.Values) {
		t.Errorf("of two workers: %+v", two)
	}
	if s := c.Scale("w1", "w2", "w3"); !slices.Equal(s.Joining, []string{"w3"}) {
		t.Errorf("%+v", s)
	}
	mastertest.Event(c, func(e api.WorkerUpEvent) bool { return e.Worker == "w3" })
	beside := c.Predict(ask)
	if !slices.Equal(beside.Y.Values, two.Y.Values) || len(beside.Failures) > 0 {
		t.Errorf("with one that has joined: %+v, before %+v", beside, two)
	}
	if status, body := c.Send(http.MethodGet, api.PathReady, "", ""); status != http.StatusOK {
		t.Errorf("ready: %d %s", status, body)
	}
	if fit := c.Fit(); len(fit.Workers) != 3 || len(fit.Failures)+len(fit.Notes) > 0 {
		t.Errorf("%+v", fit)
	}
	if all := c.Predict(ask); !slices.Equal(all.Y.Values, before.Y.Values) || len(all.Failures) > 0 {
		t.Errorf("%+v, before %+v", all, before)
	}
}

// A fit that fails lets nobody leave, and who is asked to stay before the next fit stays.
func TestAFailedFitLetsNobodyLeave(t *testing.T) {
	t.Parallel()
	c := start(t, "mean", "aggregation: {quorum: 2, recovery_timeout: 0s}", three...)
	c.Fit()
	before := c.Predict(ask)
	c.Scale("w1", "w3")
	c.Workers[0].Kill()
	c.Problem(c.Paths().Fit, "", http.StatusBadGateway)
	c.Workers[0].Start(t)
	c.Settled("w1", api.MemberUp)
	if m := c.Member("w2"); m.State != api.MemberUp || !m.Leaving {
		t.Errorf("%+v", m)
	}
	if p := c.Predict(ask); !slices.Equal(p.Y.Values, before.Y.Values) {
		t.Errorf("%+v, before %+v", p, before)
	}
	if s := c.Scale("w1", "w2", "w3"); !slices.Equal(s.Joining, []string{"w2"}) {
		t.Errorf("%+v", s)
	}
	if fit := c.Fit(); len(fit.Workers) != 3 {
		t.Errorf("%+v", fit)
	}
}

// Who is asked to leave while a fit runs has a part of its model, and leaves with the next one; who joins meanwhile takes part in the next.
func TestWorkersLeaveAndJoinDuringAFit(t *testing.T) {
	t.Parallel()
	c := start(t, "mean", "", three...)
	c.Fit()
	before := c.Predict(ask)
	fitting, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c.Workers[0].Instead(func(honest http.Handler, rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == aggregation.Fit.Path {
			once.Do(func() {
				close(fitting)
				<-goOn
			})
		}
		honest.ServeHTTP(rw, r)
	})
	done := make(chan api.FitResponse, 1)
	go func() { done <- c.Fit() }()
	<-fitting
	c.Scale("w1", "w2")
	close(goOn)
	if fit := <-done; len(fit.Workers) != 3 {
		t.Errorf("%+v", fit)
	}
	if p := c.Predict(ask); !slices.Equal(p.Y.Values, before.Y.Values) || len(p.Workers) != 3 {
		t.Errorf("%+v, before %+v", p, before)
	}
	if m := c.Member("w3"); m.State != api.MemberUp || !m.Leaving {
		t.Errorf("%+v", m)
	}
	if fit := c.Fit(); len(fit.Workers) != 2 {
		t.Errorf("%+v", fit)
	}
	c.Settled("w3", api.MemberAway)
}

// Before the first fit there is no model that a worker could be a part of: it leaves at once.
func TestAWorkerLeavesBeforeTheFirstFit(t *testing.T) {
	t.Parallel()
	c := start(t, "mean", "", three...)
	c.Scale("w2", "w3")
	c.Settled("w1", api.MemberAway)
	if fit := c.Fit(); len(fit.Workers) != 2 || len(fit.Failures) > 0 {
		t.Errorf("%+v", fit)
	}
	status, body := c.Send(http.MethodPut, api.PathWorkers, "application/json", `{"workers":9}`)
	if status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", status, body)
	}
}

// A worker that is asked to join, to leave and to join again while it is still being started is started once, and joins.
func TestAWorkerIsStartedOnce(t *testing.T) {
	t.Parallel()
	c := start(t, "mean", "", three...)
	starting, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var starts, ends atomic.Int64
	c.OnScale(func(start bool, _ string) {
		switch {
		case !start:
			ends.Add(1)
			close(ended)
		case starts.Add(1) == 1:
			close(starting)
			<-goOn
		}
	})
	c.Scale("w1", "w2")
	<-ended
	all := []string{"w1", "w2", "w3"}
	c.Scale(all...)
	<-starting
	c.Scale("w1", "w2")
	c.Scale(all...)
	close(goOn)
	c.Settled("w3", api.MemberUp)
	if fit := c.Fit(); len(fit.Workers) != 3 || len(fit.Failures) > 0 {
		t.Errorf("%+v", fit)
	}
	c.Server.Close() // waits for changes that are under way
	if starts.Load() != 1 || ends.Load() != 1 {
		t.Errorf("it was started %d times and ended %d times, want once each", starts.Load(), ends.Load())
	}
}
