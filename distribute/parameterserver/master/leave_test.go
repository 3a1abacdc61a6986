package master_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/mastertest"
)

// leaving has the last of three workers leave when it is asked for something, once armed: it does not answer any more.
type leaving struct {
	changing
	path  string
	armed atomic.Bool
	leave func() // lets it leave
}

func (l *leaving) wrap(worker int, honest http.Handler) http.Handler {
	inner := l.changing.wrap(worker, honest)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if worker == 2 && r.URL.Path == l.path && l.armed.CompareAndSwap(true, false) {
			_, _ = io.Copy(io.Discard, r.Body) // or nobody sees that the connection breaks
			l.leave()
			<-r.Context().Done() // it is ended
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// A worker that leaves while a fit is being prepared has not failed: the fit goes on with the others, as one without it would have been,
// and says who has left.
func TestAWorkerLeavesAFitThatIsBeingPrepared(t *testing.T) {
	t.Parallel()
	const (
		scaled   = "max_iter: 20, n_iter_no_change: 0"
		unscaled = "max_iter: 20, " + plain
		own      = "max_iter: 20, n_iter_no_change: 0, learning_rate_init: 1e-4, standardize: false" // the penalty is the learner's
	)
	for _, tt := range []struct{ name, path, learner, params, settings, more string }{
		{"asked for its columns", api.PathSchema, "sgd-regressor", "", scaled, ""},
		{"asked for a summary of its rows", api.PathSummary, "sgd-regressor", "", scaled, "prepare: {scale: minmax}\n"},
		{"asked for its moments", parameterserver.PathMoments, "sgd-regressor", "", scaled, ""},
		{"asked for the weight of its rows", parameterserver.PathMoments, "ridge", `{"alpha": 20}`, own, ""},
		{"asked to begin", parameterserver.PathBegin, "sgd-regressor", "", unscaled, ""},
		{"asked to begin, with a penalty beside the sum", parameterserver.PathBegin, "ridge", `{"alpha": 20}`, own, ""},
		{"with a quorum", parameterserver.PathBegin, "sgd-regressor", "", unscaled + ", quorum: 2", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			shards := mastertest.Split(mastertest.ToyRows(60, 0), 3)
			s := server{learner: tt.learner, params: tt.params, settings: tt.settings, more: tt.more}
			without := s.start(t, shards[:2]...)
			without.Fit()
			steps := &leaving{path: tt.path, changing: changing{worker: 2, begun: make(chan struct{})}}
			s.wrap = steps.wrap
			c := s.start(t, shards...)
			steps.leave = func() { c.Scale("w1", "w2") }
			steps.armed.Store(true)
			fit, told := c.FitTold()
			if steps.armed.Load() {
				t.Fatal("the worker was not asked")
			}
			left := fit.Training.Left
			if len(left) != 1 || left[0].Worker != "w3" || left[0].Step != 1 || left[0].Rows != shards[2].Len() && tt.path != api.PathSchema {
				t.Errorf("left: %+v", left)
			}
			if len(fit.Failures)+len(fit.Training.Missed)+len(fit.Training.Joined)+len(fit.Training.Recoveries) > 0 || len(fit.Workers) != 2 {
				t.Errorf("%+v, %+v", fit, fit.Training)
			}
			if !strings.Contains(strings.Join(fit.Notes, " "), "w3") {
				t.Errorf("notes %q do not name w3", fit.Notes)
			}
			if e := mastertest.Told[api.WorkerLeftEvent](told); len(e) != 1 || e[0].Worker != "w3" || e[0].Step != 1 || e[0].FitID != fit.FitID {
				t.Errorf("%+v", e)
			}
			if e := mastertest.Told[api.WorkerFailedEvent](told); len(e) > 0 {
				t.Errorf("%+v", e)
			}
			if got, want := c.parameters(false), without.parameters(false); !slices.Equal(got, want) {
				t.Errorf("parameters %v, without the worker %v", got, want)
			}
		})
	}
}

// Who has left while a fit was being prepared joins it when it is asked for again.
func TestWhoHasLeftBeforeTheFirstStepJoins(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 0), 3)
	steps := &leaving{path: parameterserver.PathMoments, changing: changing{worker: 2, begun: make(chan struct{})}}
	c := server{learner: "sgd-regressor", settings: "max_iter: 60, n_iter_no_change: 0", wrap: steps.wrap}.start(t, shards...)
	steps.leave = func() { c.Scale("w1", "w2") }
	steps.armed.Store(true)
	steps.do(func(step int) {
		switch step {
		case 3:
			c.Scale("w1", "w2", "w3")
			c.Settled("w3", api.MemberUp)
		case 4: // before which it has been asked to begin
			<-steps.begun
		}
	})
	fit := c.Fit()
	tr := fit.Training
	if len(tr.Left) != 1 || tr.Left[0].Step != 1 || len(tr.Joined) != 1 || tr.Joined[0].Worker != "w3" || len(tr.Missed)+len(fit.Failures) > 0 {
		t.Errorf("left %+v, joined %+v, missed %+v, failures %+v", tr.Left, tr.Joined, tr.Missed, fit.Failures)
	}
	if len(fit.Workers) != 3 || fit.Workers[2].Steps != 60-tr.Joined[0].Step+1 {
		t.Errorf("%+v", fit.Workers)
	}
}

// A step waits for as long as its workers show that they are alive if it needs all of those that take part, and else for endpoints.timeout: whoever
// has left or joined meanwhile.
func TestWhoIsWaitedForGoesByWhoTakesPart(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 0), 3)
	var mu sync.Mutex
	var patient []bool // of each step
	var begins atomic.Int32
	again := make(chan struct{}) // closed when the last worker has begun the fit again
	steps := &atStep{}
	wrap := func(worker int, honest http.Handler) http.Handler {
		inner := steps.wrap(worker, honest)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if worker == 0 && r.URL.Path == parameterserver.PathStep {
				mu.Lock()
				patient = append(patient, r.Header.Get(api.HeaderBeat) != "")
				mu.Unlock()
			}
			inner.ServeHTTP(w, r)
			if worker == 2 && r.URL.Path == parameterserver.PathBegin && begins.Add(1) == 2 {
				close(again)
			}
		})
	}
	c := server{learner: "sgd-regressor", settings: "quorum: 2, max_iter: 40, " + plain, wrap: wrap}.start(t, shards...)
	steps.do(func(step int) {
		switch step {
		case 5:
			c.Scale("w1", "w2")
			c.Settled("w3", api.MemberAway)
		case 15:
			c.Scale("w1", "w2", "w3")
			c.Settled("w3", api.MemberUp)
		case 16:
			<-again
		}
	})
	fit := c.Fit()
	mu.Lock()
	defer mu.Unlock()
	left, joined := fit.Training.Left, fit.Training.Joined
	if len(left) != 1 || len(joined) != 1 || len(patient) != 40 {
		t.Fatalf("left %+v, joined %+v, %d steps", left, joined, len(patient))
	}
	for i, is := range patient {
		if step := i + 1; step != left[0].Step && is != (step > left[0].Step && step < joined[0].Step) {
			t.Errorf("step %d is patient: %t; left %+v, joined %+v", step, is, left, joined)
		}
	}
}

// A worker that has left a fit joins it when the program is started again, which starts all of its workers: the report says so.
func TestWhoHasLeftJoinsAFitThatIsGoneOnWith(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 0), 3)
	steps := &atStep{}
	s := server{learner: "sgd-regressor", settings: "max_iter: 60, checkpoint_every: 1h, " + plain, wrap: steps.wrap}
	c := s.workers(t, shards...)
	s.in(t.TempDir(), c)
	stop := func(at int, before func(step int), begin func()) { // ends the program in a step
		stopping, stopped := make(chan struct{}), make(chan struct{})
		steps.do(func(step int) {
			before(step)
			if step == at {
				close(stopping)
				<-stopped
			}
		})
		begin()
		<-stopping
		c.Server.Close()
		steps.do(nil)
		close(stopped)
	}
	var fitID string
	stop(20, func(step int) {
		if step == 5 {
			c.Scale("w1", "w2")
			c.Settled("w3", api.MemberAway)
		}
	}, func() {
		_, body := c.Post(c.Paths().Fit+"?wait=false", "")
		fitID = mastertest.Decode[api.FitResponse](t, body).FitID
	})
	c.Workers[2].Start(t)
	stop(10, func(int) {}, func() { s.in(c.Dir, c) })
	s.in(c.Dir, c)
	job := c.ended(fitID)
	if job.Result == nil {
		t.Fatalf("%+v", job)
	}
	tr := job.Result.Training
	if len(tr.Resumed) != 2 || tr.Resumed[0].From != 21 || len(tr.Left) != 1 || len(tr.Joined) != 1 {
		t.Fatalf("resumed %+v, left %+v, joined %+v", tr.Resumed, tr.Left, tr.Joined)
	}
	if j := tr.Joined[0]; j.Worker != "w3" || j.Step != 21 || j.Rows != shards[2].Len() {
		t.Errorf("joined %+v", j)
	}
	if w := job.Result.Workers[2]; w.Steps != tr.Left[0].Step-1+60-20 {
		t.Errorf("%+v, left %+v", w, tr.Left)
	}
	if e := mastertest.Event(c.Cluster, func(e api.WorkerJoinedEvent) bool { return e.FitID == fitID }); e.Worker != "w3" || e.Step != 21 {
		t.Errorf("%+v", e)
	}
	want := newLooped(shards)
	want.steps(tr.Left[0].Step-1, 0, 1, 2)
	want.steps(20-tr.Left[0].Step+1, 0, 1)
	want.steps(40, 0, 1, 2)
	mastertest.CloseTo(t, "parameters", c.parameters(false), want.r.parameters(), 1e-12)
}
