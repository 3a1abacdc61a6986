//go:build unix

package examples_test

import (
	"slices"
	"syscall"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
)

// A worker that is killed with kill -9 while the example serves is started again
// where it was, and the master brings it up to the model that serves. That
// model's answers are the same as before, every time.
func TestKilledWorkerComesBack(t *testing.T) {
	t.Parallel()
	s := start(t, "bagging", "process")
	before, was := s.predict(), s.worker("tree2")
	if before.Failures != nil {
		t.Fatal(before.Failures)
	}
	seen := 0 // events before this one are old
	for range 2 {
		pid := s.pids()["tree2"]
		kill(t, pid)
		gone := false // it has come up before too, when it was given a stored model
		if err := s.master.Events(t.Context(), func(ev client.Event) bool {
			if ev.Seq <= seen {
				return true
			}
			switch e := ev.Event.(type) {
			case api.WorkerDownEvent:
				gone = gone || e.Worker == "tree2"
			case api.WorkerUpEvent:
				if gone && e.Worker == "tree2" {
					seen = ev.Seq
					return false
				}
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
		is := s.worker("tree2")
		if is.State != api.MemberUp || is.URL != was.URL || s.pids()["tree2"] == pid {
			t.Errorf("it was %+v and is %+v", was, is)
		}
		if got := s.predict(); text(t, got) != text(t, before) {
			t.Errorf("before and after its death: %s\n%s", text(t, before), text(t, got))
		}
	}
	if fit, err := s.master.Fit(t.Context()); err != nil || len(fit.Workers) != 4 || fit.Failures != nil {
		t.Errorf("fit afterwards: %+v, %v", fit, err)
	}
	pids := s.pids()
	s.interrupt()
	for worker, pid := range pids {
		if err := syscall.Kill(pid, 0); err == nil {
			t.Errorf("worker %s (process %d) is left behind", worker, pid)
		}
	}
}

// worker is what the master says of one.
func (e *example) worker(name string) api.Member {
	e.t.Helper()
	workers := e.status().Workers
	return workers[slices.IndexFunc(workers, func(m api.Member) bool { return m.Worker == name })]
}
