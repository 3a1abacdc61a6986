package master_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
)

// plain is a training that a loop over the rows can repeat: no scale, no penalty.
const plain = "n_iter_no_change: 0, learning_rate_init: 1e-4, standardize: false, penalty: none"

// changing calls f in each step of the first worker, and tells when another has begun the fit.
type changing struct {
	atStep
	worker int
	begun  chan struct{}
	once   sync.Once
}

func (c *changing) wrap(worker int, honest http.Handler) http.Handler {
	inner := c.atStep.wrap(worker, honest)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r)
		if worker == c.worker && r.URL.Path == parameterserver.PathBegin {
			c.once.Do(func() { close(c.begun) })
		}
	})
}

// looped is descent in one process on the rows of some shards in each of so many steps.
type looped struct {
	r    *reference
	rows [][]int // of each shard
}

func newLooped(shards []learner.Dataset) *looped {
	var all learner.Dataset
	l := &looped{}
	for _, s := range shards {
		n, features := s.X.Dims()
		var rows []int
		for i := range n {
			rows = append(rows, len(all.Y)+i)
		}
		l.rows = append(l.rows, rows)
		grown := mat.NewDense(len(all.Y)+n, features, nil)
		if all.X != nil {
			grown.Copy(all.X)
		}
		for i := range n {
			grown.SetRow(len(all.Y)+i, s.X.RawRowView(i))
		}
		all.X, all.Y = grown, append(all.Y, s.Y...)
	}
	l.r = newReference(all, "squared_error", "none", 1e-4)
	for i := range l.r.x {
		l.r.x[i] = all.X.RawRowView(i)
	}
	return l
}

func (l *looped) steps(n int, shards ...int) {
	var rows []int
	for _, s := range shards {
		rows = append(rows, l.rows[s]...)
	}
	for range n {
		l.r.step(rows)
	}
}

// A worker that leaves in the middle of a fit is named, and from the next step on the training is that of the other rows. No setting needs it:
// the quorum is of those that are there.
func TestAWorkerLeavesARunningFit(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 0), 3)
	steps := &atStep{}
	c := server{learner: "sgd-regressor", settings: "max_iter: 30, " + plain, wrap: steps.wrap}.start(t, shards...)
	steps.do(func(step int) {
		if step == 10 {
			if s := c.Scale("w1", "w3"); !slices.Equal(s.Leaving, []string{"w2"}) || len(s.Joining) > 0 || s.When != api.ScaleNow || s.Workers != 2 {
				t.Errorf("%+v", s)
			}
		}
	})
	fit, told := c.FitTold()
	left := fit.Training.Left
	if len(left) != 1 || left[0].Worker != "w2" || left[0].Rows != shards[1].Len() || left[0].Step != 11 && left[0].Step != 12 {
		t.Fatalf("left: %+v", left)
	}
	if len(fit.Failures)+len(fit.Training.Missed)+len(fit.Training.Recoveries) > 0 || fit.Training.Steps != 30 {
		t.Errorf("%+v, %+v", fit, fit.Training)
	}
	if w := fit.Workers[1]; w.Worker != "w2" || w.Steps != left[0].Step-1 {
		t.Errorf("%+v", w)
	}
	if len(fit.Notes) == 0 || !strings.Contains(strings.Join(fit.Notes, " "), "w2") {
		t.Errorf("notes %q do not name w2", fit.Notes)
	}
	events := mastertest.Told[api.WorkerLeftEvent](told)
	if len(events) != 1 || events[0].Worker != "w2" || events[0].Step != left[0].Step || events[0].FitID != fit.FitID || events[0].Rows != left[0].Rows {
		t.Errorf("%+v", events)
	}
	if down := mastertest.Told[api.WorkerDownEvent](told); len(down) > 0 {
		t.Errorf("%+v", down)
	}
	want := newLooped(shards)
	want.steps(left[0].Step-1, 0, 1, 2)
	want.steps(30-left[0].Step+1, 0, 2)
	mastertest.CloseTo(t, "parameters", c.parameters(false), want.r.parameters(), 1e-12)
	if m := c.Member("w2"); m.State != api.MemberAway || m.Reason == "" {
		t.Errorf("%+v", m)
	}
	if status, body := c.Send(http.MethodGet, api.PathReady, "", ""); status != http.StatusOK {
		t.Errorf("ready: %d %s", status, body)
	}
	if again := c.Fit(); len(again.Workers) != 2 || len(again.Failures) > 0 || again.Rows != shards[0].Len()+shards[2].Len() {
		t.Errorf("the next fit: %+v", again)
	}
}

// A worker that joins in the middle of a fit takes part from the step on that the report names.
func TestAWorkerJoinsARunningFit(t *testing.T) {
	t.Parallel()
	const most = 200
	shards := mastertest.Split(mastertest.ToyRows(60, 0), 3)
	steps := &changing{worker: 2, begun: make(chan struct{})}
	c := server{learner: "sgd-regressor", settings: fmt.Sprintf("max_iter: %d, %s", most, plain), wrap: steps.wrap}.start(t, shards...)
	c.Scale("w1", "w2")
	c.Settled("w3", api.MemberAway)
	steps.do(func(step int) {
		switch step {
		case 5:
			if s := c.Scale("w1", "w2", "w3"); !slices.Equal(s.Joining, []string{"w3"}) || len(s.Leaving) > 0 {
				t.Errorf("%+v", s)
			}
		case 10:
			c.Settled("w3", api.MemberUp)
		case 11: // before which it has been asked to begin
			<-steps.begun
		}
	})
	fit, told := c.FitTold()
	joined := fit.Training.Joined
	if len(joined) != 1 || joined[0].Worker != "w3" || joined[0].Rows != shards[2].Len() || joined[0].Step < 6 {
		t.Fatalf("joined: %+v", joined)
	}
	if len(fit.Failures)+len(fit.Training.Missed)+len(fit.Training.Left) > 0 || len(fit.Workers) != 3 || fit.Workers[2].Steps != most-joined[0].Step+1 {
		t.Errorf("%+v, %+v", fit, fit.Training)
	}
	events := mastertest.Told[api.WorkerJoinedEvent](told)
	if len(events) != 1 || events[0].Worker != "w3" || events[0].Step != joined[0].Step {
		t.Errorf("%+v", events)
	}
	want := newLooped(shards)
	want.steps(joined[0].Step-1, 0, 1)
	want.steps(most-joined[0].Step+1, 0, 1, 2)
	mastertest.CloseTo(t, "parameters", c.parameters(false), want.r.parameters(), 1e-9)
}

// Who leaves and joins again within a fit goes on as before, and a worker that was down when the fit began joins when it comes up.
func TestAWorkerComesAgain(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 2), 3)
	steps := &changing{worker: 2, begun: make(chan struct{})}
	c := server{learner: "sgd-classifier", settings: "max_iter: 250, n_iter_no_change: 0, quorum: 2, recovery_timeout: 0s", wrap: steps.wrap}.start(t, shards...)
	c.Workers[2].Kill()
	c.Server.WorkerExited("w3", "killed by the test")
	steps.do(func(step int) {
		switch step {
		case 3:
			c.Workers[2].Start(t)
		case 6:
			c.Settled("w3", api.MemberUp)
		case 7:
			<-steps.begun
		case 120:
			c.Scale("w2", "w1")
		case 150:
			c.Settled("w3", api.MemberAway)
			c.Scale("w1", "w2", "w3")
			c.Settled("w3", api.MemberUp)
		}
	})
	fit := c.Fit()
	if tr := fit.Training; len(tr.Joined) != 2 || len(tr.Left) != 1 || tr.Joined[1].Step <= tr.Left[0].Step || len(fit.Workers) != 3 || len(fit.Failures) > 0 {
		t.Errorf("joined %+v, left %+v; %+v", tr.Joined, tr.Left, fit.Failures)
	}
}

// The penalty of a learner's own objective is beside the loss of the rows that are there: after a worker has left, the training ends at
// what it ends at without that worker's rows.
func TestThePenaltyGoesByTheRowsThatAreThere(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 0), 3)
	const settings = "max_iter: 4000, learning_rate_init: 0.1, standardize: false, n_iter_no_change: 0, solver: adam, learning_rate: invscaling"
	for i := range shards {
		for k := range shards[i].Len() {
			shards[i].X.Set(k, 1, shards[i].X.At(k, 1)/50)
		}
	}
	steps := &atStep{}
	s := server{learner: "ridge", params: `{"alpha": 20}`, settings: settings, wrap: steps.wrap}
	c := s.start(t, shards...)
	steps.do(func(step int) {
		if step == 5 {
			c.Scale("w1", "w2")
		}
	})
	c.Fit()
	without := server{learner: "ridge", params: `{"alpha": 20}`, settings: settings}.start(t, shards[:2]...)
	without.Fit()
	mastertest.CloseTo(t, "parameters", c.parameters(false), without.parameters(false), 1e-4)
}

// A worker whose rows are not of what was agreed on cannot join a running fit, which goes on; the reason is in the report.
func TestWhoCannotJoinIsNamed(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 2), 3)
	other := mastertest.ToyRows(20, 3) // has a third class
	shards[2] = other
	steps := &atStep{}
	c := server{learner: "sgd-classifier", settings: "max_iter: 100, n_iter_no_change: 0, quorum: 1", wrap: steps.wrap}.start(t, shards...)
	c.Scale("w1", "w2")
	c.Settled("w3", api.MemberAway)
	steps.do(func(step int) {
		if step == 3 {
			c.Scale("w1", "w2", "w3")
			c.Settled("w3", api.MemberUp)
		}
	})
	fit := c.Fit()
	if len(fit.Training.Joined) > 0 || len(fit.Failures) != 1 || fit.Failures[0].Worker != "w3" || !strings.Contains(fit.Failures[0].Reason, `the class "2"`) {
		t.Errorf("%+v, %+v", fit.Training.Joined, fit.Failures)
	}
}

// A master that is killed after a worker has joined goes on with the fit, and the worker joins it again.
func TestAFitThatAWorkerHasJoinedIsGoneOnWith(t *testing.T) {
	t.Parallel()
	for learner, params := range map[string]string{"sgd-classifier": "", "logistic-regression": `{"C": 0.5}`} { // whose penalty goes by the rows
		t.Run(learner, func(t *testing.T) {
			t.Parallel()
			goesOnWithOneWhoJoined(t, learner, params)
		})
	}
}

func goesOnWithOneWhoJoined(t *testing.T, learner, params string) {
	t.Helper()
	shards := mastertest.Split(mastertest.ToyRows(60, 2), 3)
	steps := &changing{worker: 2, begun: make(chan struct{})}
	s := server{learner: learner, params: params, settings: "max_iter: 300, n_iter_no_change: 0, checkpoint_every: 1h", wrap: steps.wrap}
	c := s.workers(t, shards...)
	s.in(t.TempDir(), c)
	c.Scale("w1", "w2")
	c.Settled("w3", api.MemberAway)
	var joined bool
	stopping, stopped := make(chan struct{}), make(chan struct{})
	steps.do(func(step int) {
		switch step {
		case 3:
			c.Scale("w1", "w2", "w3")
		case 6:
			c.Settled("w3", api.MemberUp)
		case 7:
			<-steps.begun
		case 150:
			joined = true
			close(stopping)
			<-stopped
		}
	})
	_, body := c.Post(api.PathsOf(c.Kind.Kind()).Fit+"?wait=false", "")
	fitID := mastertest.Decode[api.FitResponse](t, body).FitID
	<-stopping
	c.Server.Close()
	steps.do(nil)
	close(stopped)
	s.in(c.Dir, c)
	job := c.ended(fitID)
	if job.Result == nil || !joined {
		t.Fatalf("%+v", job)
	}
	r := job.Result
	if len(r.Training.Resumed) != 1 || r.Training.Resumed[0].From != 151 || strings.Contains(strings.Join(r.Notes, " "), "anew") {
		t.Errorf("resumed %+v, notes %q, recoveries %+v, %+v", r.Training.Resumed, r.Notes, r.Training.Recoveries, r.Workers)
	}
	if j := r.Training.Joined; len(j) != 2 || j[0].Worker != "w3" || j[1].Worker != "w3" || j[1].Step <= 150 || len(r.Failures) > 0 {
		t.Errorf("joined %+v, failures %+v", j, r.Failures)
	}
}

// What cannot be is refused, with the setting that is to blame, and nobody leaves.
func TestScaleIsRefused(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 2), 3)
	for _, tt := range []struct {
		name, settings, body, says string
		status                     int
		code                       api.Code
	}{
		{"fewer than the quorum", "quorum: 2", `{"workers":1}`, "parameter_server.quorum: 2", http.StatusConflict, api.CodeCannotScale},
		{"fewer than are trimmed", "aggregation: trimmed_mean", `{"workers":2}`, "parameter_server.trim: 1", http.StatusConflict, api.CodeCannotScale},
		{"fewer than outvote a faulty one", "aggregation: geometric_median", `{"workers":2}`, "2*faulty + 1", http.StatusConflict, api.CodeCannotScale},
		{"more than there are", "", `{"workers":4}`, "3 workers in chimera.yaml", http.StatusUnprocessableEntity, api.CodeInvalidRequest},
		{"nobody", "", `{}`, "how many", http.StatusUnprocessableEntity, api.CodeInvalidRequest},
		{"a number and names", "", `{"workers":1,"names":["w1"]}`, "not both", http.StatusUnprocessableEntity, api.CodeInvalidRequest},
		{"a name that there is not", "", `{"names":["w1","w9"]}`, "no worker w9", http.StatusUnprocessableEntity, api.CodeInvalidRequest},
		{"a name twice", "", `{"names":["w1","w1"]}`, "twice", http.StatusUnprocessableEntity, api.CodeInvalidRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := server{learner: "sgd-classifier", settings: tt.settings}.start(t, shards...)
			status, body := c.Send(http.MethodPut, api.PathWorkers, "application/json", tt.body)
			if p := mastertest.Decode[api.Problem](t, body); status != tt.status || p.Code != tt.code || !strings.Contains(p.Detail, tt.says) {
				t.Errorf("%d %s", status, body)
			}
			for _, m := range c.Status().Workers {
				if m.State != api.MemberUp {
					t.Errorf("%+v", m)
				}
			}
		})
	}
}
