package master_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// dying makes a stage i that dies at its nth request for a path, and restarts at once without its
// state. wait waits for that.
func (c *cluster) dying(i int, path string, nth int32) (wait func()) {
	c.T.Helper()
	return c.dyingWhile(i, path, nth, func() {})
}

// dyingWhile is dying, with something that happens before the restart.
func (c *cluster) dyingWhile(i int, path string, nth int32, meanwhile func()) (wait func()) {
	c.T.Helper()
	w := c.Workers[i]
	again := w.Make
	var asked atomic.Int32
	var dead atomic.Bool
	var restart sync.WaitGroup
	restart.Add(1)
	w.Kill()
	w.Make = func() http.Handler {
		stage := again()
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !dead.Load() && (r.URL.Path != path || asked.Add(1) != nth) {
				stage.ServeHTTP(rw, r)
				return
			}
			if dead.CompareAndSwap(false, true) {
				go func() {
					defer restart.Done()
					w.Kill()
					meanwhile()
					w.Start(c.T)
				}()
			}
			panic(http.ErrAbortHandler)
		})
	}
	w.Start(c.T)
	w.Make = again
	return restart.Wait
}

// TestStageIsLostAtTheEnd: a stage that is lost after the last step, before its part is stored, does
// not leave an incomplete network: the fit continues.
func TestStageIsLostAtTheEnd(t *testing.T) {
	t.Parallel()
	d := rings(60)
	settings := brief + ", checkpoint_every: 2, recovery_timeout: 60s"
	calm := line{learner: "mlp-classifier", params: everything, settings: settings}.stages(t, 3, d)
	want := calm.Fit()
	parameters := calm.stored()
	for _, tt := range []struct {
		path string
		nth  int32
	}{{pipeline.PathFinish, 1}, {pipeline.PathCheckpoint, 3}} { // two checkpoints before
		c := line{learner: "mlp-classifier", params: everything, settings: settings}.stages(t, 3, d)
		wait := c.dying(1, tt.path, tt.nth)
		got := c.Fit()
		wait()
		if !slices.Equal(got.Training.Loss, want.Training.Loss) || len(got.Pipeline.Recoveries) != 1 || got.Pipeline.Recoveries[0].Worker != "s2" {
			t.Errorf("lost at %s %d: recoveries %+v, losses\n%v\n%v", tt.path, tt.nth, got.Pipeline.Recoveries, got.Training.Loss, want.Training.Loss)
		}
		c.predict(d)
		if !slices.Equal(c.stored(), parameters) {
			t.Errorf("lost at %s %d: the parameters are not those of a fit without a fault", tt.path, tt.nth)
		}
		c.Stop()
	}
}

// TestStageIsLostAtTheCommit: a stage that is lost when the new network goes into service is restored
// without waiting for a prediction.
func TestStageIsLostAtTheCommit(t *testing.T) {
	t.Parallel()
	d := rings(60)
	c := line{learner: "mlp-classifier", params: everything, settings: quick}.stages(t, 3, d)
	wait := c.dying(1, pipeline.PathCommit, 1)
	fit := c.Fit()
	wait()
	mastertest.Event(c.Cluster, func(e api.WorkerCaughtUpEvent) bool { return e.Worker == "s2" && e.FitID == fit.FitID })
	mastertest.Event(c.Cluster, func(e api.WorkerUpEvent) bool { return e.Worker == "s2" })
	c.predict(d)
	if status, body := c.Send(http.MethodGet, api.PathFit, "", ""); status != http.StatusOK || !strings.Contains(body, string(api.FitSucceeded)) {
		t.Errorf("the job: status %d: %s", status, body)
	}
}

// TestScoringIsHeldBack: when rows are scored, where no gradients slow it down, a stage that is faster
// than the next one waits for it.
func TestScoringIsHeldBack(t *testing.T) {
	c := line{
		learner: "mlp-classifier", params: `{"hidden_layer_sizes": [2, 600, 600], "activation": "identity"}`, layers: []int{1, 3},
		settings: "max_iter: 1, batch_size: 1, micro_batches: 1, early_stopping: true, validation_fraction: 0.999",
	}.stages(t, 2, rings(6000))
	if fit := c.Fit(); fit.Training.Steps != 6 || len(fit.Pipeline.Validation) != 1 {
		t.Errorf("%d steps, scores %v", fit.Training.Steps, fit.Pipeline.Validation)
	}
}

// TestStageComesBackAsAnother: a fit does not continue with other rows, or with a worker of another
// configuration.
func TestStageComesBackAsAnother(t *testing.T) {
	t.Parallel()
	d := rings(60)
	for name, tt := range map[string]struct {
		stages int
		rows   learner.Dataset
		hash   string
		says   string
	}{
		"the only stage with other rows": {1, rings(59), "", "The stages came back with other rows than the fit began with"},
		"one stage with other rows":      {2, rings(59), "", "s1 has 59 rows with the sum "},
		"another configuration":          {2, d, "other", `generated from configuration \"other\", which is not what took part in the fit`},
	} {
		t.Run(name, func(t *testing.T) {
			c := line{learner: "mlp-classifier", params: everything, settings: brief, faults: map[int]string{0: `{"die_at": 8}`}}.stages(t, tt.stages, d)
			dir := t.TempDir()
			mastertest.WriteShard(t, dir, "", tt.rows)
			spec := workers.Spec{Name: "s1", Role: workers.StageRole, Project: "test", Learner: "mlp-classifier", Params: everything, ConfigHash: tt.hash}
			c.Workers[0].Make = mastertest.Made(t, spec, registry.Default, dir)
			done := make(chan string, 1)
			go func() {
				status, body := c.Post(api.PathsOf("pipeline").Fit, "")
				done <- strconv.Itoa(status) + " " + body
			}()
			mastertest.Event(c.Cluster, func(e api.WorkerFailedEvent) bool { return e.Failure.Worker == "s1" })
			c.Workers[0].Kill()
			c.Workers[0].Start(t)
			if got := <-done; !strings.HasPrefix(got, "422 ") || !strings.Contains(got, tt.says) {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestBatchOfAllRows: a mini-batch has at most all rows, however many are configured.
func TestBatchOfAllRows(t *testing.T) {
	c := line{learner: "mlp-classifier", params: everything,
		settings: "max_iter: 2, batch_size: 9223372036854775807, early_stopping: true"}.stages(t, 2, rings(60))
	if fit := c.Fit(); fit.Training.Steps != 2 {
		t.Errorf("%d steps in two epochs", fit.Training.Steps)
	}
}

// TestCancelWhileAStageStalls: cancelling a fit does not wait until a stalled stage times out.
func TestCancelWhileAStageStalls(t *testing.T) {
	t.Parallel()
	c := line{learner: "mlp-classifier", params: everything,
		settings: "max_iter: 1000000, n_iter_no_change: 0, batch_size: 20", more: "endpoints: {timeout: 1h}"}.stages(t, 3, rings(60))
	stalls, free := make(chan struct{}), make(chan struct{})
	var steps atomic.Int32
	w := c.Workers[1]
	stage := w.Make()
	w.Kill()
	w.Make = func() http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			n := steps.Load()
			if r.URL.Path == pipeline.PathStep {
				n = steps.Add(1)
			}
			if n < 8 {
				stage.ServeHTTP(rw, r)
				return
			}
			if n == 8 && r.URL.Path == pipeline.PathStep {
				close(stalls)
			}
			<-free
		})
	}
	w.Start(t)
	defer close(free)
	if status, body := c.Post(api.PathsOf("pipeline").Fit+"?wait=false", ""); status != http.StatusAccepted {
		t.Fatalf("status %d: %s", status, body)
	}
	<-stalls
	if status, body := c.Send(http.MethodDelete, api.PathFit, "", ""); status != http.StatusAccepted {
		t.Fatalf("status %d: %s", status, body)
	}
	mastertest.Event(c.Cluster, func(api.FitCancelledEvent) bool { return true }) // or the test would take an hour
}
