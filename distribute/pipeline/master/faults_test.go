package master_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// brief is a short training; quick gives up on lost stages at once.
const (
	brief = "max_iter: 6, batch_size: 20, learning_rate_init: 0.01"
	quick = brief + ", recovery_timeout: 0"
)

// TestUnequalCopies: stages whose rows differ in a single bit, or in their order, are refused before
// the first step, with both checksums.
func TestUnequalCopies(t *testing.T) {
	d := rings(40)
	other := d.Select(mastertest.AllOf(40))
	other.X.Set(7, 2, other.X.At(7, 2)+1e-12)
	swapped := mastertest.AllOf(40)
	swapped[3], swapped[5] = 5, 3
	for name, bad := range map[string]learner.Dataset{"a value": other, "the order": d.Select(swapped), "fewer rows": d.Select(mastertest.AllOf(39))} {
		t.Run(name, func(t *testing.T) {
			c := line{learner: "mlp-classifier", params: everything, settings: quick}.start(t, d, bad, d)
			p := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusUnprocessableEntity)
			if p.Code != api.CodeUnusableData || !strings.Contains(p.Detail, "s1 has 40 rows with the sum ") || !strings.Contains(p.Detail, "; s2 has ") {
				t.Errorf("%s: %s", p.Code, p.Detail)
			}
			sums := map[string]bool{}
			for _, part := range strings.Split(p.Detail, "with the sum ")[1:] {
				sums[strings.Fields(part)[0]] = true
			}
			if len(sums) != 2 {
				t.Errorf("it names %d different sums: %s", len(sums), p.Detail)
			}
		})
	}
}

// TestStageDies: if a stage dies, the fit fails with its name, and the previous model stays in
// service.
func TestStageDies(t *testing.T) {
	d := rings(60)
	for i, want := range []string{"s1", "s2", "s3"} {
		c := line{learner: "mlp-classifier", params: everything, settings: quick, faults: map[int]string{i: `{"die_at": 8}`}}.stages(t, 3, d)
		p := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusBadGateway)
		if len(p.Workers) != 1 || p.Workers[0].Worker != want || p.Message != "A network needs all of its stages." {
			t.Errorf("stage %s died, and the fit says %+v", want, p)
		}
		for j, w := range c.Workers {
			if j != i && !idle(c, w) {
				t.Errorf("stage %s still takes part in the fit", w.Name)
			}
		}
		c.Stop()
	}
}

// idle reports whether a stage takes part in no fit.
func idle(c *cluster, w *mastertest.Worker) bool {
	c.T.Helper()
	res, err := http.Get("http://" + w.Address + pipeline.PathProgress)
	if err != nil {
		c.T.Fatal(err)
	}
	defer res.Body.Close()
	var p pipeline.Progress
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
		c.T.Fatal(err)
	}
	return p.FitID == ""
}

// TestStageStalls: the stage that shows no sign of life in a step is named, not those that wait for it.
func TestStageStalls(t *testing.T) {
	t.Parallel()
	d := rings(60)
	for i, want := range []string{"s1", "s2", "s3"} {
		c := line{learner: "mlp-classifier", params: everything, settings: quick,
			more: "endpoints: {timeout: 300ms}"}.stages(t, 3, d)
		var steps atomic.Int32
		free := make(chan struct{})
		release := sync.OnceFunc(func() { close(free) })
		t.Cleanup(release) // before the servers are closed, which wait for their handlers
		c.Workers[i].Instead(func(inner http.Handler, w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == pipeline.PathStep && steps.Add(1) == 7 {
				<-free
				return
			}
			inner.ServeHTTP(w, r)
		})
		p := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusGatewayTimeout)
		if len(p.Workers) != 1 || p.Workers[0].Worker != want || p.Workers[0].Code != api.CodeWorkersTimeout {
			t.Errorf("stage %s stalled, and the fit says %+v", want, p)
		}
		release()
		c.Stop()
	}
}

// TestStagesShowLife: a stage is asked to show that it is alive in all that may take long, so that it may compute for longer
// than the timeout.
func TestStagesShowLife(t *testing.T) {
	t.Parallel()
	c := line{learner: "mlp-classifier", params: everything, settings: quick + ", early_stopping: true"}.stages(t, 2, rings(60))
	beats := mastertest.Beats(c.Workers[0])
	c.Fit()
	want := []string{pipeline.PathBegin, pipeline.PathCheckpoint, pipeline.PathEvaluate, pipeline.PathStep}
	slices.Sort(want)
	if got := beats(); !slices.Equal(got, want) {
		t.Errorf("for %v, want %v", got, want)
	}
	if !pipeline.Restore.Long { // at the same path as what is asked of a stage to be stored
		t.Error("not while it is given its part back")
	}
}

// TestAllStagesWait: stages that are alive, and wait for each other because a micro-batch got lost on its way, or the answer to
// it, do not do so for ever. A stage that has computed all it can still waits for its neighbours to take what it sent.
func TestAllStagesWait(t *testing.T) {
	t.Parallel()
	const four = "batch_size: 20, micro_batches: 4"
	for _, tt := range []struct {
		name, settings string
		to             int // the stage
		lost           pipeline.MicroBatchFrame
		answer         bool // it comes, but the answer does not
	}{
		{"activations", four, 1, pipeline.MicroBatchFrame{Step: 2, Micro: 1}, false},
		{"the last activations", four, 2, pipeline.MicroBatchFrame{Step: 2, Micro: 3}, false},
		{"a gradient", four, 1, pipeline.MicroBatchFrame{Step: 2, Back: true, Micro: 1}, false},
		{"the last gradient", four, 1, pipeline.MicroBatchFrame{Step: 2, Back: true, Micro: 3}, false},
		{"the last gradient of all", four, 0, pipeline.MicroBatchFrame{Step: 2, Back: true, Micro: 3}, false},
		{"the answer to activations", four, 1, pipeline.MicroBatchFrame{Step: 2, Micro: 3}, true},
		{"the answer to a gradient", four, 0, pipeline.MicroBatchFrame{Step: 2, Back: true, Micro: 3}, true},
		{"rows to be scored", four, 1, pipeline.MicroBatchFrame{Step: 3, Evaluate: true}, false},
		{"the first of many rows to be scored", "batch_size: 1, micro_batches: 1, validation_fraction: 0.5",
			1, pipeline.MicroBatchFrame{Step: 30, Evaluate: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lost, free := make(chan struct{}), make(chan struct{})
			defer close(free)
			var once sync.Once
			losing := func(stage http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path != pipeline.PathMicroBatch {
						stage.ServeHTTP(w, r)
						return
					}
					body, err := io.ReadAll(r.Body)
					if err != nil {
						t.Error(err)
					}
					r.Body = io.NopCloser(bytes.NewReader(body))
					var head pipeline.MicroBatchFrame
					if _, err := wire.Decode(body, &head); err != nil {
						t.Error(err)
					}
					head.FitID = ""
					if head != tt.lost {
						stage.ServeHTTP(w, r)
						return
					}
					if tt.answer {
						stage.ServeHTTP(w, r)
					}
					once.Do(func() { close(lost) })
					<-free
				})
			}
			c := line{learner: "mlp-classifier", params: everything, more: "endpoints: {timeout: 1h}",
				settings: "max_iter: 6, recovery_timeout: 0, early_stopping: true, " + tt.settings,
				watch: func(ctx context.Context) error { // from then on the master looks as often as it can
					select {
					case <-lost:
						return ctx.Err()
					case <-ctx.Done():
						return context.Cause(ctx)
					}
				},
				wrap: map[int]func(http.Handler) http.Handler{tt.to: losing}}.stages(t, 3, rings(60))
			p := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusGatewayTimeout)
			if !strings.Contains(p.Detail, "all stages wait") || !strings.Contains(p.Detail, "no stage went on for 1h0m0s") {
				t.Errorf("%+v", p)
			}
		})
	}
}

// TestFitGoesOn: after a stage was killed and restarted, the fit continues from the last checkpoint,
// or from the start, and ends with the same bits as an undisturbed fit.
func TestFitGoesOn(t *testing.T) {
	t.Parallel()
	d := rings(60) // three steps an epoch
	for _, tt := range []struct {
		name, settings string
		killed         int // the stage
		from           int
		checkpoints    int
	}{
		{"from a checkpoint", "checkpoint_every: 2", 1, 7, 2},
		{"the first stage", "checkpoint_every: 2", 0, 7, 2},
		{"the last stage", "checkpoint_every: 1", 2, 7, 5},
		{"from the start", "checkpoint_every: 0", 1, 1, 0},
		{"before the first checkpoint", "checkpoint_every: 5", 1, 1, 1},
		{"with early stopping", "checkpoint_every: 2, early_stopping: true, max_iter: 9", 1, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			settings := brief + ", " + tt.settings + ", recovery_timeout: 60s"
			if strings.Contains(tt.settings, "max_iter") {
				settings = strings.Replace(settings, "max_iter: 6, ", "", 1)
			}
			calm := line{learner: "mlp-classifier", params: everything, settings: settings}.stages(t, 3, d)
			want := calm.Fit()
			parameters := calm.stored()

			l := line{learner: "mlp-classifier", params: everything, settings: settings, faults: map[int]string{tt.killed: `{"die_at": 8}`}}
			c := l.stages(t, 3, d)
			done := make(chan api.FitResponse, 1)
			go func() { done <- c.Fit() }()
			mastertest.Event(c.Cluster, func(e api.WorkerFailedEvent) bool { return e.Failure.Worker == c.Workers[tt.killed].Name })
			c.Workers[tt.killed].Kill()
			c.Workers[tt.killed].Start(t)
			got := <-done
			if !slices.Equal(got.Training.Loss, want.Training.Loss) || got.Training.Steps != want.Training.Steps || got.Training.Stopped != want.Training.Stopped {
				t.Errorf("the losses are not those of a fit without a fault:\n%v\n%v", got.Training.Loss, want.Training.Loss)
			}
			if !slices.Equal(c.stored(), parameters) {
				t.Error("the parameters are not those of a fit without a fault")
			}
			c.predict(d)
			mastertest.Event(c.Cluster, func(e api.WorkerUpEvent) bool { return e.Worker == c.Workers[tt.killed].Name })
			r := got.Pipeline.Recoveries
			if len(r) != 1 || r[0].Worker != c.Workers[tt.killed].Name || r[0].Step != 8 ||
				tt.from > 0 && (r[0].From != tt.from || got.Pipeline.Checkpoints != tt.checkpoints) {
				t.Errorf("recoveries %+v, %d checkpoints", r, got.Pipeline.Checkpoints)
			}
		})
	}
}

// TestServingStageIsLost: a prediction names the lost stage; when the stage is back, its layers are
// restored, and the network answers as before.
func TestServingStageIsLost(t *testing.T) {
	t.Parallel()
	d := rings(60)
	for _, stage := range []int{0, 1, 2} {
		c := line{learner: "mlp-classifier", params: everything, settings: quick}.stages(t, 3, d)
		c.Fit()
		before := c.predict(d)
		w := c.Workers[stage]
		w.Kill()
		p := c.Problem(api.PathsOf("pipeline").Predict, mastertest.Request(d), http.StatusBadGateway)
		if len(p.Workers) != 1 || p.Workers[0].Worker != w.Name {
			t.Errorf("stage %s is gone, and the prediction says %+v", w.Name, p.Workers)
		}
		w.Start(t)
		mastertest.Event(c.Cluster, func(e api.WorkerUpEvent) bool { return e.Worker == w.Name })
		if after := c.predict(d); !slices.Equal(after.Proba.RawMatrix().Data, before.Proba.RawMatrix().Data) {
			t.Error("the network answers otherwise than before")
		}
		c.Stop()
	}
}

// TestLostLayersAreNotStored: without checkpoints, a lost stage stays out until the next fit, and the
// reason is reported.
func TestLostLayersAreNotStored(t *testing.T) {
	t.Parallel()
	d := rings(60)
	c := line{learner: "mlp-classifier", params: everything, settings: quick + ", checkpoint_every: 0"}.stages(t, 2, d)
	c.Fit()
	c.Workers[1].Kill()
	c.Problem(api.PathsOf("pipeline").Predict, mastertest.Request(d), http.StatusBadGateway)
	c.Workers[1].Start(t)
	for {
		if p := c.Problem(api.PathsOf("pipeline").Predict, mastertest.Request(d), http.StatusBadGateway); p.Workers[0].Code == api.CodeOutdated {
			break // it is back, and has no layers
		}
	}
	c.Fit()
	c.predict(d)
}

// TestSpoiledActivations: numbers that are not finite end the fit with the name of the stage that sent
// them, and the previous network stays in service.
func TestSpoiledActivations(t *testing.T) {
	t.Parallel()
	d := rings(60)
	for _, tt := range []struct{ stage, says string }{{"s1", "activations"}, {"s2", "activations"}, {"s3", "gradients"}} {
		t.Run(tt.stage, func(t *testing.T) {
			c := line{learner: "mlp-classifier", params: everything, settings: brief}.stages(t, 3, d)
			fit := c.Fit()
			before := c.predict(d)
			i := int(tt.stage[1] - '1')
			// it comes back as one that spoils what it sends, and is given its layers back
			c.Workers[i].Kill()
			c.Workers[i].Make = c.spoiling(i)
			c.Problem(api.PathsOf("pipeline").Predict, mastertest.Request(d), http.StatusBadGateway)
			c.Workers[i].Start(t)
			mastertest.Event(c.Cluster, func(e api.WorkerUpEvent) bool { return e.Worker == tt.stage })
			p := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusUnprocessableEntity)
			if p.Code != api.CodeDiverged || !strings.Contains(p.Detail, "The "+tt.says) || !strings.Contains(p.Detail, "sent by worker "+tt.stage+" are not finite") {
				t.Errorf("%s: %s", p.Code, p.Detail)
			}
			after := c.predict(d)
			if after.FitID != fit.FitID || !slices.Equal(after.Proba.RawMatrix().Data, before.Proba.RawMatrix().Data) {
				t.Error("the network that served before does not serve on")
			}
		})
	}
}

// TestCancelPipeline: a cancelled fit ends on every stage.
func TestCancelPipeline(t *testing.T) {
	d := rings(60)
	c := line{learner: "mlp-classifier", params: everything, settings: "max_iter: 1000000, n_iter_no_change: 0, batch_size: 20"}.stages(t, 3, d)
	if status, body := c.Post(api.PathsOf("pipeline").Fit+"?wait=false", ""); status != http.StatusAccepted {
		t.Fatalf("status %d: %s", status, body)
	}
	mastertest.Event(c.Cluster, func(e api.StepEvent) bool { return e.Step > 3 })
	if status, _ := c.Send(http.MethodDelete, api.PathFit, "", ""); status != http.StatusAccepted {
		t.Fatalf("status %d", status)
	}
	mastertest.Event(c.Cluster, func(api.FitCancelledEvent) bool { return true })
	c.Problem(api.PathsOf("pipeline").Predict, mastertest.Request(d), http.StatusConflict)
	for _, w := range c.Workers {
		if !idle(c, w) {
			t.Errorf("stage %s still takes part in the fit", w.Name)
		}
	}
}

// TestPipelineRefusesRows: data that cannot be trained on is reported before anything begins.
func TestPipelineRefusesRows(t *testing.T) {
	d := rings(40)
	for _, tt := range []struct {
		name string
		line line
		n    int
		says string
	}{
		{"more stages than layers",
			line{learner: "mlp-classifier", params: `{"hidden_layer_sizes": [3], "activation": "identity"}`}, 3,
			"a network of 2 layers cannot be cut into 3 stages"},
		{"other layers than there are",
			line{learner: "mlp-classifier", params: `{"hidden_layer_sizes": [3]}`, layers: []int{1, 1}}, 2,
			"2 layers in total, but the network has 3; change workers[].layers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := tt.line.stages(t, tt.n, d)
			if got := p.Problem(api.PathsOf("pipeline").Fit, "", http.StatusUnprocessableEntity); !strings.Contains(strings.ToLower(got.Detail), tt.says) {
				t.Errorf("got %q, want %q", got.Detail, tt.says)
			}
		})
	}
}

// TestPipelineDiverges: the error names the cause and the remedy.
func TestPipelineDiverges(t *testing.T) {
	d := rings(40)
	c := line{learner: "mlp-classifier", params: `{"hidden_layer_sizes": [5], "activation": "identity"}`,
		settings: "solver: sgd, learning_rate_init: 1e18, max_iter: 50, n_iter_no_change: 0"}.stages(t, 2, d)
	p := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusUnprocessableEntity)
	if p.Code != api.CodeDiverged || !strings.Contains(p.Detail, "lower pipeline.learning_rate_init") || strings.Contains(p.Detail, "..") {
		t.Errorf("%s: %s", p.Code, p.Detail)
	}
	if status, body := c.Send(http.MethodGet, api.PathFit, "", ""); status != http.StatusOK || !strings.Contains(body, fmt.Sprintf("%q", api.FitFailed)) {
		t.Errorf("the job: status %d: %s", status, body)
	}
}

// TestLayersWithoutParameters: a stage whose layers have no parameters can take part in a fit that
// restores the best ones.
func TestLayersWithoutParameters(t *testing.T) {
	d := rings(60)
	settings := "max_iter: 30, batch_size: 20, learning_rate_init: 0.05, early_stopping: true, checkpoint_every: 3, n_iter_no_change: 3"
	var want []float64
	for _, n := range []int{1, 13} { // of 13 layers
		c := line{learner: "mlp-classifier", params: everything, settings: settings}.stages(t, n, d)
		if fit := c.Fit(); fit.Training.Stopped != api.StopValidation {
			t.Fatalf("it stopped at %s, so the best were not asked for", fit.Training.Stopped)
		}
		if p := c.stored(); want == nil {
			want = p
		} else if !slices.Equal(p, want) {
			t.Error("the parameters are not those of one stage")
		}
		c.Stop()
	}
}

// TestPredictWhileFitsEnd: a prediction that is running when a new network goes into service is
// answered by the new one.
func TestPredictWhileFitsEnd(t *testing.T) {
	d := rings(60)
	c := line{learner: "mlp-classifier", params: everything, settings: "max_iter: 1, batch_size: 60"}.stages(t, 3, d)
	c.Fit()
	var ended atomic.Bool
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for !ended.Load() {
				if status, body := c.Post(api.PathsOf("pipeline").Predict, mastertest.Request(d)); status != http.StatusOK {
					t.Errorf("status %d: %s", status, body)
					return
				}
			}
		})
	}
	for range 20 {
		c.Fit()
	}
	ended.Store(true)
	all.Wait()
}

// TestServingStageStalls: a prediction names the stage that does not answer, not those that wait for
// it.
func TestServingStageStalls(t *testing.T) {
	t.Parallel()
	d := rings(60)
	for i := range 3 {
		c := line{learner: "mlp-classifier", params: everything, settings: quick, more: "endpoints: {timeout: 500ms}"}.stages(t, 3, d)
		c.Fit()
		w, free := c.Workers[i], make(chan struct{})
		release := sync.OnceFunc(func() { close(free) })
		t.Cleanup(release) // before the servers are closed, which wait for their handlers
		w.Kill()
		w.Make = func() http.Handler { return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-free }) }
		w.Start(t)
		p := c.Problem(api.PathsOf("pipeline").Predict, mastertest.Request(d), http.StatusGatewayTimeout)
		if len(p.Workers) != 1 || p.Workers[0].Worker != w.Name || p.Workers[0].Code != api.CodeWorkersTimeout {
			t.Errorf("stage %s stalls, and the prediction says %+v", w.Name, p.Workers)
		}
		release()
		c.Stop()
	}
}

// A prediction whose time is up names a worker, too, though nobody may have the time to find out which
// stage the others wait for.
func TestPredictionOutOfTimeNamesAStage(t *testing.T) {
	t.Parallel()
	d := rings(60)
	c := line{learner: "mlp-classifier", params: everything, settings: quick, more: "endpoints: {timeout: 24h, predict_timeout: 20ms}"}.stages(t, 3, d)
	c.Fit()
	w, free := c.Workers[1], make(chan struct{})
	t.Cleanup(func() { close(free) }) // before the servers are closed, which wait for their handlers
	w.Kill()
	w.Make = func() http.Handler { return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-free }) }
	w.Start(t)
	status, body := c.Send(http.MethodPost, api.PathsOf("pipeline").Predict, "application/json", mastertest.Request(d))
	if p := mastertest.Decode[api.Problem](t, body); status < http.StatusBadGateway || len(p.Workers) == 0 {
		t.Errorf("status %d, %s, workers %+v", status, p.Detail, p.Workers)
	}
}
