package masterstest

import (
	"net/http"
	"slices"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
)

// begin starts a fit that waits at the first worker, and returns a function that lets it continue.
func (s *system) begin() (release func()) {
	s.T.Helper()
	held, release := s.workers[0].holdBack()
	s.T.Cleanup(release)
	status, body := s.Post(s.Paths().Fit+"?wait=false", "")
	if status != http.StatusAccepted {
		s.T.Fatalf("starting a fit: status %d: %s", status, body)
	}
	select {
	case <-held:
	case <-s.T.Context().Done():
		s.T.Fatal("the fit never called the first worker")
	}
	return release
}

func checkOneAtATime(t *testing.T, f *fixture) {
	s := f.start(t)
	events, stop := s.Server.Events()
	defer stop()
	release := s.begin()
	if p := s.Problem(s.Paths().Fit, "", http.StatusConflict); p.Code != api.CodeFitRunning || p.FitID == "" {
		t.Errorf("a second fit beside the first: %+v", p)
	}
	release()
	s.await(events, isA[api.FitCommittedEvent])
}

func isA[E api.Event](e api.Event) bool {
	_, is := e.(E)
	return is
}

func checkCancelled(t *testing.T, f *fixture) {
	s := f.start(t)
	fit := s.Fit()
	_, want := s.predict(f.request())
	events, stop := s.Server.Events()
	defer stop()
	release := s.begin()
	if status, body := s.Send(http.MethodDelete, api.PathFit, "", ""); status != http.StatusAccepted {
		t.Fatalf("cancel: status %d: %s", status, body)
	}
	release()
	s.await(events, isA[api.FitCancelledEvent])
	if p, got := s.predict(f.request()); got != want || p.FitID != fit.FitID {
		t.Errorf("after a cancelled fit: fit %s serves %s, want fit %s with %s", p.FitID, got, fit.FitID, want)
	}
	if again := s.Fit(); again.Fit != "ok" {
		t.Errorf("a fit after a cancelled one: %+v", again)
	}
}

// checkFailed makes a fit fail by killing all workers.
func checkFailed(t *testing.T, f *fixture) {
	s := f.start(t)
	fit := s.Fit()
	for _, w := range s.workers {
		w.Kill()
	}
	status, body := s.Post(s.Paths().Fit, "")
	if status != http.StatusBadGateway && status != http.StatusGatewayTimeout {
		t.Fatalf("a fit without workers: status %d: %s", status, body)
	}
	if p := mastertest.Decode[api.Problem](t, body); len(p.Workers) == 0 {
		t.Errorf("no worker is named: %s", body)
	}
	if st := s.Status(); st.FitID != fit.FitID || !st.Fitted {
		t.Errorf("after a failed fit the status shows fit %q, want %q", st.FitID, fit.FitID)
	}
}

// checkDeath kills a worker between two fits: the second either succeeds without it or fails, and
// names it in both cases.
func checkDeath(t *testing.T, f *fixture) {
	s := f.start(t)
	fit := s.Fit()
	last := s.workers[len(s.workers)-1]
	last.Kill()
	status, body := s.Post(s.Paths().Fit, "")
	var failures []api.WorkerFailure
	switch status {
	case http.StatusOK:
		failures = mastertest.Decode[api.FitResponse](t, body).Failures
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		failures = mastertest.Decode[api.Problem](t, body).Workers
		if st := s.Status(); st.FitID != fit.FitID {
			t.Errorf("after a failed fit the status shows fit %q, want %q", st.FitID, fit.FitID)
		}
	default:
		t.Fatalf("status %d: %s", status, body)
	}
	if !slices.ContainsFunc(failures, func(f api.WorkerFailure) bool { return f.Worker == last.Name && f.Reason != "" }) {
		t.Errorf("worker %s is not named with a reason: %s", last.Name, body)
	}
}

// checkComesBack kills a worker after a fit and restarts it without a model.
func checkComesBack(t *testing.T, f *fixture) {
	s := f.start(t)
	s.Fit()
	_, want := s.predict(f.request())
	events, stop := s.Server.Events()
	defer stop()
	w := s.workers[len(s.workers)-1]
	w.Kill()
	s.Server.WorkerExited(w.Name, "killed by the test")
	s.await(events, isA[api.WorkerDownEvent])
	w.Start(t)
	s.await(events, isA[api.WorkerUpEvent])
	p, got := s.predict(f.request())
	if got != want {
		t.Errorf("after a worker came back: %s, want %s", got, want)
	}
	if len(p.Failures) > 0 {
		t.Errorf("it does not take part again: %v", p.Failures)
	}
}

// checkReady takes all workers away and brings them back: the master says that it is not ready, and
// why, for as long as it cannot work.
func checkReady(t *testing.T, f *fixture) {
	s := f.start(t)
	s.Fit()
	if status, body := s.Send(http.MethodGet, api.PathReady, "", ""); status != http.StatusOK {
		t.Errorf("with all workers: status %d: %s", status, body)
	}
	events, stop := s.Server.Events()
	defer stop()
	for _, w := range s.workers {
		w.Kill()
		s.Server.WorkerExited(w.Name, "killed by the test")
	}
	status, body := s.Send(http.MethodGet, api.PathReady, "", "")
	if status != http.StatusServiceUnavailable {
		t.Fatalf("without workers: status %d: %s", status, body)
	}
	p := mastertest.Decode[api.Problem](t, body)
	for i, w := range s.workers {
		if len(p.Workers) != len(s.workers) || p.Workers[i].Worker != w.Name || p.Workers[i].Reason == "" {
			t.Fatalf("without workers: %s", body)
		}
	}
	for _, w := range s.workers {
		w.Start(t)
	}
	for range s.workers {
		s.await(events, isA[api.WorkerUpEvent])
	}
	if status, body := s.Send(http.MethodGet, api.PathReady, "", ""); status != http.StatusOK {
		t.Errorf("with all workers again: status %d: %s", status, body)
	}
}

func checkEvents(t *testing.T, f *fixture) {
	s := f.start(t)
	fit := s.Fit()
	events, stop := s.Server.Events() // the latest fit's from its start
	defer stop()
	first := <-events
	if started, is := first.Event.(api.FitStartedEvent); !is || started.FitID != fit.FitID || !slices.Equal(started.Workers, s.Server.Names()) {
		t.Fatalf("the first event is %+v, want the start of fit %s", first, fit.FitID)
	}
	s.await(events, func(e api.Event) bool {
		committed, is := e.(api.FitCommittedEvent)
		return is && committed.FitID == fit.FitID && committed.Workers == len(s.workers)
	})
}

// checkEnd closes the master during a fit: it does not wait for the worker, and nothing panics
// afterwards.
func checkEnd(t *testing.T, f *fixture) {
	t.Parallel() // a kind may give the worker some seconds to hear that the fit has ended
	s := f.start(t)
	s.begin()
	s.Server.Close()
	if st := s.Status(); st.Fitted || st.Fit == nil || st.Fit.State == api.FitSucceeded {
		t.Errorf("after the end in the middle of the first fit: %+v", st)
	}
}
