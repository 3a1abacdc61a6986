package master_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/registry"
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

// A worker that has joined stays beside the model in service until a fit has ended well: one that runs, that fails or that is cancelled changes
// nothing, and no prediction misses the worker.
func TestANewcomerWaitsForAFitThatEndsWell(t *testing.T) {
	t.Parallel()
	c := start(t, "mean", "aggregation: {quorum: 2, recovery_timeout: 0s}", three...)
	all := c.Fit()
	c.Scale("w1", "w2")
	c.Fit()
	c.Settled("w3", api.MemberAway)
	two := c.Predict(ask)
	c.Scale("w1", "w2", "w3")
	mastertest.Event(c, func(e api.WorkerUpEvent) bool { return e.Worker == "w3" })
	same := func(when string) {
		t.Helper()
		if p := c.Predict(ask); !slices.Equal(p.Y.Values, two.Y.Values) || len(p.Failures) > 0 || p.FitID != two.FitID {
			t.Errorf("%s: %+v, before %+v", when, p, two)
		}
		if m := c.Member("w3"); m.State != api.MemberUp {
			t.Errorf("%s: %+v", when, m)
		}
	}
	same("after it has joined")
	refuse := func(_ http.Handler, rw http.ResponseWriter, _ *http.Request) {
		same("while a fit runs")
		http.Error(rw, "refused by the test", http.StatusBadRequest)
	}
	for _, w := range c.Workers[:2] {
		w.Instead(func(honest http.Handler, rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == aggregation.Fit.Path {
				refuse(honest, rw, r)
				return
			}
			honest.ServeHTTP(rw, r)
		})
	}
	c.Problem(c.Paths().Fit, "", http.StatusBadGateway)
	same("after a fit that failed")
	if status, body := c.Send(http.MethodGet, api.PathReady, "", ""); status != http.StatusOK {
		t.Errorf("ready: %d %s", status, body)
	}
	refuse = func(_ http.Handler, _ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or nobody sees that the call is given up
		c.Send(http.MethodDelete, api.PathFit, "", "")
		<-r.Context().Done()
	}
	c.Post(c.Paths().Fit, "")
	same("after a fit that was cancelled")
	refuse = http.Handler.ServeHTTP
	if fit := c.Fit(); len(fit.Workers) != 3 || len(fit.Failures) > 0 {
		t.Errorf("%+v", fit)
	}
	if p := c.Predict(ask); len(p.Workers) != 3 || len(p.Failures) > 0 {
		t.Errorf("with the worker, as in fit %s: %+v", all.FitID, p)
	}
}

// A newcomer stays one when the model is served that is in service already.
func TestANewcomerStaysBesideAModelThatIsServedAgain(t *testing.T) {
	t.Parallel()
	l := newLasting(t, registry.Default, "", "gaussian-nb", "gaussian-nb", "gaussian-nb")
	first := l.Fit().FitID
	l.Scale("w1", "w2")
	two := l.Fit().FitID
	l.Settled("w3", api.MemberAway)
	id, want := l.answers()
	l.Scale("w1", "w2", "w3")
	mastertest.Event(l.Cluster, func(e api.WorkerUpEvent) bool { return e.Worker == "w3" })
	l.Problem(api.PathModels+"/"+two+"/serve", "", http.StatusOK)
	if now, got := l.answers(); id != two || now != two || got != want {
		t.Errorf("%s in place of %s; %s; before %s", now, two, got, want)
	}
	// A stored model that has a part of it is another matter.
	l.Problem(api.PathModels+"/"+first+"/serve", "", http.StatusOK)
	l.settle()
	if p := l.Predict(asked()); p.FitID != first || len(p.Workers) != 3 || len(p.Failures) > 0 {
		t.Errorf("%+v", p)
	}
	if s := l.Scale("w1", "w2"); !slices.Equal(s.Leaving, []string{"w3"}) {
		t.Errorf("%+v", s)
	}
	if m := l.Member("w3"); m.State != api.MemberUp || !m.Leaving { // it has a part of the model in service
		t.Errorf("%+v", m)
	}
}

// A newcomer that is asked to leave while a fit runs in which it takes part has a part of that model, and leaves with the next.
func TestANewcomerLeavesDuringAFit(t *testing.T) {
	t.Parallel()
	c := start(t, "mean", "", three...)
	c.Scale("w1", "w2")
	c.Settled("w3", api.MemberAway)
	c.Fit()
	c.Scale("w1", "w2", "w3")
	mastertest.Event(c, func(e api.WorkerUpEvent) bool { return e.Worker == "w3" })
	during(c, func() { c.Scale("w1", "w2") })
	if fit := c.Fit(); len(fit.Workers) != 3 || len(fit.Failures) > 0 {
		t.Errorf("%+v", fit)
	}
	if p := c.Predict(ask); len(p.Workers) != 3 || len(p.Failures) > 0 {
		t.Errorf("%+v", p)
	}
	if fit := c.Fit(); len(fit.Workers) != 2 || len(fit.Failures) > 0 {
		t.Errorf("%+v", fit)
	}
	c.Settled("w3", api.MemberAway)
}

// during calls f once, while the first worker is being fitted.
func during(c *mastertest.Cluster, f func()) {
	var once sync.Once
	c.Workers[0].Instead(func(honest http.Handler, rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == aggregation.Fit.Path {
			once.Do(f)
		}
		honest.ServeHTTP(rw, r)
	})
}

// Who was about to leave with a fit that runs, and is asked to stay, has no part of its model: until the next fit it stays beside that, whose
// answers do not change. So does one that comes back during the first fit of all.
func TestWhoStaysAfterAllWaitsForTheNextFit(t *testing.T) {
	t.Parallel()
	for _, fitted := range []bool{true, false} {
		t.Run(fmt.Sprintf("fitted %t", fitted), func(t *testing.T) {
			t.Parallel()
			c := start(t, "mean", "", three...)
			if fitted {
				c.Fit()
			}
			c.Scale("w1", "w2")
			if !fitted {
				c.Settled("w3", api.MemberAway)
			}
			during(c, func() {
				if s := c.Scale("w1", "w2", "w3"); !slices.Equal(s.Joining, []string{"w3"}) {
					t.Errorf("%+v", s)
				}
				c.Settled("w3", api.MemberUp)
			})
			fit := c.Fit()
			if len(fit.Workers) != 2 || len(fit.Failures) > 0 {
				t.Errorf("%+v", fit)
			}
			first := c.Predict(ask)
			c.Settled("w3", api.MemberUp)
			for range 3 {
				p := c.Predict(ask)
				if !slices.Equal(p.Y.Values, first.Y.Values) || len(p.Workers) != 2 || len(p.Failures) > 0 || p.FitID != fit.FitID {
					t.Errorf("%+v, before %+v", p, first)
				}
			}
			if m := c.Member("w3"); m.FitID == fit.FitID {
				t.Errorf("it was given a part of a model that was fitted without it: %+v", m)
			}
			if next := c.Fit(); len(next.Workers) != 3 || len(next.Failures)+len(next.Notes) > 0 {
				t.Errorf("%+v", next)
			}
			if p := c.Predict(ask); len(p.Workers) != 3 || len(p.Failures) > 0 {
				t.Errorf("%+v", p)
			}
		})
	}
}

// Who leaves during the first fit, when there is no model yet, leaves at once, and has not failed.
func TestAWorkerLeavesDuringTheFirstFit(t *testing.T) {
	t.Parallel()
	c := start(t, "mean", "", three...)
	c.Workers[2].Instead(func(honest http.Handler, rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == aggregation.Fit.Path {
			_, _ = io.Copy(io.Discard, r.Body) // or nobody sees that the connection breaks
			c.Scale("w1", "w2")
			<-r.Context().Done() // it is ended
			return
		}
		honest.ServeHTTP(rw, r)
	})
	fit := c.Fit()
	if len(fit.Workers) != 2 || len(fit.Failures) > 0 || !strings.Contains(strings.Join(fit.Notes, " "), "w3") {
		t.Errorf("%+v", fit)
	}
	if p := c.Predict(ask); len(p.Workers) != 2 || len(p.Failures) > 0 {
		t.Errorf("%+v", p)
	}
}

// While the worker of a member that has left is being ended, the master says so.
func TestALeaversWorkerIsBeingEnded(t *testing.T) {
	t.Parallel()
	c := start(t, "mean", "", three...)
	ending, goOn := make(chan struct{}), make(chan struct{})
	c.OnScale(func(bool, string) {
		close(ending)
		<-goOn
	})
	c.Scale("w2", "w3")
	<-ending
	if m := c.Member("w1"); m.State != api.MemberAway || !m.Ending {
		t.Errorf("while it is being ended: %+v", m)
	}
	if m := c.Member("w2"); m.Ending {
		t.Errorf("one that stays: %+v", m)
	}
	close(goOn)
	mastertest.Event(c, func(e api.WorkerLeftEvent) bool { return e.Worker == "w1" })
	if m := c.Member("w1"); m.State != api.MemberAway || m.Ending {
		t.Errorf("afterwards: %+v", m)
	}
}
