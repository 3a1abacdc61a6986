package master_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/distribute/summation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/workers"
)

// cluster is a master and its workers.
type cluster struct{ *mastertest.Cluster }

// server describes a master to start: its learner's parameters, and the section summation.
type server struct {
	learner  string // "" is "rounds"
	params   string // JSON
	settings string // YAML
	more     string // YAML at the top level
	faults   string // of the second worker
	wrap     func(worker int, honest http.Handler) http.Handler
}

// start starts the master and one worker per shard.
func (s server) start(t *testing.T, shards ...learner.Dataset) *cluster {
	t.Helper()
	c := &cluster{mastertest.New(t, master.New())}
	for i, d := range shards {
		dir := t.TempDir()
		if d.Y != nil {
			mastertest.WriteShard(t, dir, "", d)
		} else {
			writeUntargeted(t, dir, d)
		}
		spec := workers.Spec{Name: fmt.Sprintf("w%d", i+1), Role: workers.SumRole, Project: "test", Learner: s.name(), Params: s.params, Seed: uint64(i)}
		if i == 1 {
			spec.Faults = s.faults
		}
		made := mastertest.Made(t, spec, test(), dir)
		c.Add(spec.Name, func() http.Handler {
			if s.wrap == nil {
				return made()
			}
			return s.wrap(i, made())
		})
	}
	s.over(c)
	return c
}

func (s server) name() string {
	if s.learner == "" {
		return "rounds"
	}
	return s.learner
}

// over starts the master over existing workers; a previous master over them is stopped.
func (s server) over(c *cluster) {
	c.T.Helper()
	c.Over(master.New())
	var list strings.Builder
	for _, w := range c.Workers {
		fmt.Fprintf(&list, "  - {name: %s}\n", w.Name)
	}
	params := s.params
	if params == "" {
		params = "{}"
	}
	c.Serve(fmt.Sprintf("master: summation\nlearner: %s\nparams: %s\nworkers:\n%ssummation: {%s}\n%s",
		s.name(), params, list.String(), s.settings, s.more), test())
}

// answers are the model's to rows, with all digits.
func (c *cluster) answers(rows learner.Dataset) string {
	c.T.Helper()
	status, body := c.Post(c.Paths().Predict, mastertest.Request(rows))
	if status != http.StatusOK {
		c.T.Fatalf("predict: status %d: %s", status, body)
	}
	return fmt.Sprint(mastertest.Decode[api.PredictResponse](c.T, body).Proba.RawMatrix().Data)
}

// one is what one process answers that has all rows, after six rounds.
func one(t *testing.T, rows learner.Dataset) string {
	t.Helper()
	e, err := test().New("rounds", []byte(sixRounds), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Fit(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	proba, err := e.(*bayes).PredictProba(t.Context(), rows.X)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(proba.RawMatrix().Data)
}

// mortal makes the second worker die at the n-th request to a path, as its launcher reports; revive starts it again, without memory of the fit.
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
		again := w.Make()
		inner.Store(&again)
		dead.Store(false)
	}
}

// lieAboutSums has a worker change the arrays of its sums.
func lieAboutSums(t *testing.T, w *mastertest.Worker, lie func(a *summation.SumAnswer, arrays []wire.Array) []wire.Array) {
	t.Helper()
	w.Instead(func(honest http.Handler, rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != summation.PathSum {
			honest.ServeHTTP(rw, r)
			return
		}
		truth := httptest.NewRecorder()
		honest.ServeHTTP(truth, r)
		var a summation.SumAnswer
		arrays, err := wire.Decode(truth.Body.Bytes(), &a)
		if err != nil {
			t.Errorf("the answer cannot be read: %v", err)
			return
		}
		arrays = lie(&a, arrays)
		body, err := wire.Encode(nil, a, arrays...)
		if err != nil {
			t.Error(err)
			return
		}
		rw.Header().Set("Content-Type", wire.ContentTypeFrame)
		_, _ = rw.Write(body) // the master may have gone
	})
}

// atRound has the first worker call f before it answers a round, counted from 0.
type atRound struct {
	mu   sync.Mutex
	f    func(round int)
	next int
}

func (a *atRound) do(f func(round int)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.f, a.next = f, 0
}

func (a *atRound) wrap(worker int, honest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if worker == 0 && r.URL.Path == summation.PathSum {
			a.mu.Lock()
			f, round := a.f, a.next
			a.next++
			a.mu.Unlock()
			if f != nil {
				f(round)
			}
		}
		honest.ServeHTTP(w, r)
	})
}

// ended waits until the fit has ended that a new master has gone on with by itself, and returns its job.
func (c *cluster) ended(fitID string) *client.Job {
	c.T.Helper()
	cl, err := client.New(c.Master.URL)
	if err != nil {
		c.T.Fatal(err)
	}
	defer cl.Close()
	if _, err := cl.WaitFit(c.T.Context(), fitID); err != nil {
		c.T.Fatal(err)
	}
	job, err := cl.Job(c.T.Context())
	if err != nil {
		c.T.Fatal(err)
	}
	return job
}
