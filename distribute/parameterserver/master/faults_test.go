package master_test

import (
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
)

// iid deals rows to n workers in turn, so that all have rows of the same distribution.
func iid(d learner.Dataset, n int) []learner.Dataset {
	shards := make([]learner.Dataset, n)
	for k := range n {
		var rows []int
		for i := k; i < d.Len(); i += n {
			rows = append(rows, i)
		}
		shards[k] = d.Select(rows)
	}
	return shards
}

// lossOf is the mean loss of the served parameters on all rows.
func lossOf(c *cluster, d learner.Dataset) float64 {
	r := newReference(d, "squared_error", "none", 0)
	r.set(c.parameters(false))
	return r.step(mastertest.AllOf(d.Len()))
}

// One of five workers sends wrong gradients. The median and the trimmed mean converge as if it did
// not; the mean does not.
func TestParameterServerLyingWorker(t *testing.T) {
	d := mastertest.ToyRows(1000, 0)
	shards := iid(d, 5)
	const settings = "max_iter: 150, n_iter_no_change: 0, penalty: none, eta0: 0.2"
	clean := server{learner: "sgd-regressor", settings: settings}.start(t, shards...)
	clean.Fit()
	honest := lossOf(clean, d)
	for _, lie := range []string{"scale", "sign"} {
		lying := map[int]string{2: `{"corrupt":"` + lie + `","corrupt_rate":1}`}
		for _, aggregation := range []string{"median", "trimmed_mean"} {
			t.Run(lie+" "+aggregation, func(t *testing.T) {
				c := server{learner: "sgd-regressor", faults: lying, settings: settings + ", trim: 1, aggregation: " + aggregation}.start(t, shards...)
				c.Fit()
				if got := lossOf(c, d); !(got <= 1.02*honest) {
					t.Errorf("loss %v, without the liar %v", got, honest)
				}
			})
		}
		t.Run(lie+" mean", func(t *testing.T) {
			// A gradient with the wrong sign only slows the mean of five down, to 3/5 of each step; so this one is
			// scaled, or the mean gets only a few steps.
			steps := strings.Replace(settings, "150", "6", 1)
			c := server{learner: "sgd-regressor", faults: lying, settings: steps}.start(t, shards...)
			status, body := c.Post(api.PathsOf("parameter-server").Fit, "")
			if lie == "scale" {
				if p := mastertest.Decode[api.Problem](t, body); status != http.StatusUnprocessableEntity || p.Code != api.CodeDiverged {
					t.Errorf("status %d: %s", status, body)
				}
				return
			}
			short := server{learner: "sgd-regressor", settings: steps}.start(t, shards...)
			short.Fit()
			if got, want := lossOf(c, d), lossOf(short, d); got < 1.02*want {
				t.Errorf("loss %v, without the liar %v: the mean did not suffer", got, want)
			}
		})
	}
}

// An answer that is not finite is rejected and its worker named: it is never averaged, and the others
// continue as if the worker were not there.
func TestParameterServerRejectsNaN(t *testing.T) {
	d := mastertest.ToyRows(100, 0)
	shards := iid(d, 5)
	faults := map[int]string{2: `{"corrupt":"nan","corrupt_rate":1}`}
	const settings = "max_iter: 10, n_iter_no_change: 0, standardize: false, eta0: 0.0001"
	c := server{learner: "sgd-regressor", faults: faults, settings: settings + ", quorum: 4"}.start(t, shards...)
	fit := c.Fit()
	if len(fit.Workers) != 4 || len(fit.Failures) != 1 || fit.Failures[0].Worker != "w3" || !strings.Contains(fit.Failures[0].Reason, "NaN") {
		t.Errorf("%+v", fit)
	}
	if m := fit.Training.Missed; len(m) != 10 || m[0].Worker != "w3" || m[0].Step != 1 {
		t.Errorf("%+v", m)
	}
	others := server{learner: "sgd-regressor", settings: settings}.start(t, shards[0], shards[1], shards[3], shards[4])
	others.Fit()
	mastertest.CloseTo(t, "parameters", c.parameters(false), others.parameters(false), 0)

	all := server{learner: "sgd-regressor", faults: faults, settings: settings}.start(t, shards...)
	p := all.Problem(api.PathsOf("parameter-server").Fit, "", http.StatusBadGateway)
	if !strings.Contains(p.Detail, "w3") || !strings.Contains(p.Detail, "NaN") || !strings.Contains(p.Detail, "quorum is 5") {
		t.Errorf("%+v", p)
	}
}

// A worker that breaks connections at some steps is left out of those, and named; a worker that dies
// is left out from then on.
func TestParameterServerDropsAndDeath(t *testing.T) {
	shards := iid(mastertest.ToyRows(100, 0), 4)
	c := server{learner: "sgd-regressor", settings: "max_iter: 40, n_iter_no_change: 0, quorum: 2, recovery_timeout: 0s",
		faults: map[int]string{1: `{"die_at":5}`, 3: `{"die_at":31}`}}.start(t, shards...)
	fit := c.Fit()
	if len(fit.Workers) != 4 || fit.Workers[0].Missed != 0 || fit.Workers[1].Steps != 4 || fit.Workers[1].Missed != 36 || fit.Workers[3].Steps != 30 {
		t.Errorf("%+v", fit.Workers)
	}
	if m := fit.Training.Missed[0]; m.Worker != "w2" || m.Step != 5 || m.Reason == "" {
		t.Errorf("%+v", m)
	}
	_, body := c.Send(http.MethodGet, api.PathStatus, "", "")
	if status := mastertest.Decode[api.MasterStatus](t, body); status.Workers[1].State != api.MemberDown {
		t.Errorf("%+v", status.Workers[1])
	}
	before := c.parameters(false)
	for _, w := range c.Workers {
		w.Kill()
	}
	c.Problem(api.PathsOf("parameter-server").Fit, "", http.StatusBadGateway)
	if status, _ := c.Post(api.PathsOf("parameter-server").Predict, `{"X_pred_columns":["a","b","c"],"X_pred_rows":[[1,2,3]]}`); status != http.StatusOK {
		t.Errorf("predict with all workers dead: status %d", status)
	}
	mastertest.CloseTo(t, "the model that served before", c.parameters(false), before, 0)
}

// A worker that is restarted during a fit has lost it: it is asked to begin again, and the fit ends
// with the same bits as without the restart.
func TestParameterServerRestart(t *testing.T) {
	shards := mastertest.Split(mastertest.ToyRows(80, 2), 3)
	const settings = "mode: minibatch, batch_size: 4, max_iter: 60, n_iter_no_change: 0, optimiser: momentum"
	calm := server{learner: "sgd-classifier", settings: settings}.start(t, shards...)
	calm.Fit()
	c := server{learner: "sgd-classifier", settings: settings}.start(t, shards...)
	steps := 0
	c.Workers[1].Instead(func(inner http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == parameterserver.PathStep {
			if steps++; steps == 20 {
				inner = c.Workers[1].Make() // one that knows nothing
			}
		}
		inner.ServeHTTP(w, r)
	})
	fit := c.Fit()
	mastertest.CloseTo(t, "parameters", c.parameters(false), calm.parameters(false), 0)
	if fit.Workers[1].Retries != 1 || fit.Workers[1].Steps != 60 {
		t.Errorf("%+v", fit.Workers[1])
	}
}

// A late worker is left out, rests, and takes part again.
func TestParameterServerLateWorker(t *testing.T) {
	shards := iid(mastertest.ToyRows(60, 0), 3)
	release := make(chan struct{})
	c := server{learner: "sgd-regressor", settings: "max_iter: 200000, n_iter_no_change: 0, quorum: 2", more: "endpoints: {timeout: 0.2}"}.start(t, shards...)
	var late atomic.Bool
	c.Workers[2].Instead(func(inner http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == parameterserver.PathStep && late.CompareAndSwap(false, true) {
			select {
			case <-r.Context().Done(): // the master has given it up
			case <-release:
			}
			return
		}
		inner.ServeHTTP(w, r)
	})
	status, body := c.Post(api.PathsOf("parameter-server").Fit+"?wait=false", "")
	if status != http.StatusAccepted {
		t.Fatal(body)
	}
	mastertest.Event(c.Cluster, func(e api.WorkerDownEvent) bool { return e.Worker == "w3" })
	mastertest.Event(c.Cluster, func(e api.WorkerUpEvent) bool { return e.Worker == "w3" })
	mastertest.Event(c.Cluster, func(e api.StepEvent) bool { return e.Workers == 3 })
	if status, body := c.Send(http.MethodDelete, api.PathFit, "", ""); status != http.StatusAccepted {
		t.Fatal(body)
	}
	mastertest.Event(c.Cluster, func(api.FitCancelledEvent) bool { return true })
	close(release)
	// a cancelled first fit leaves no model
	c.Problem(api.PathsOf("parameter-server").Predict, `{"X_pred_columns":["a","b","c"],"X_pred_rows":[[1,2,3]]}`, http.StatusConflict)
}

// A training that diverges is an error that names the cause and the remedy.
func TestParameterServerDiverges(t *testing.T) {
	d := mastertest.ToyRows(60, 0)
	c := server{learner: "sgd-regressor", settings: "max_iter: 500, eta0: 50"}.start(t, mastertest.Split(d, 2)...)
	p := c.Problem(api.PathsOf("parameter-server").Fit, "", http.StatusUnprocessableEntity)
	if p.Code != api.CodeDiverged || !strings.Contains(p.Detail, "parameter_server.learning_rate_init") ||
		!strings.Contains(p.Detail, "max_gradient_norm") || p.FitID == "" {
		t.Errorf("%+v", p)
	}
	unscaled := server{learner: "sgd-regressor", settings: "max_iter: 500, standardize: false"}
	unscaled.over(c)
	if p := c.Problem(api.PathsOf("parameter-server").Fit, "", http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "standardize: true") {
		t.Errorf("%+v", p)
	}
}

// A training that diverges keeps the previous model: here the workers of the second fit send wrong
// gradients, those of the first did not.
func TestParameterServerKeepsTheOldModel(t *testing.T) {
	d := mastertest.ToyRows(60, 0)
	c := server{learner: "sgd-regressor", settings: "max_iter: 50"}.start(t, d)
	c.Fit()
	before, id := c.parameters(false), c.Status().FitID
	liar := server{learner: "sgd-regressor", faults: map[int]string{0: `{"corrupt":"scale","corrupt_rate":1}`}}.workers(t, d)
	honest := c.Workers[0].Address
	c.Workers[0].Kill()
	liar.Workers[0].Kill()
	liar.Workers[0].Address = honest
	liar.Workers[0].Start(t)
	var p api.Problem
	for p.Code != api.CodeDiverged { // until the master has noticed that the worker is back
		_, body := c.Post(api.PathsOf("parameter-server").Fit, "")
		p = mastertest.Decode[api.Problem](t, body)
	}
	mastertest.CloseTo(t, "the model that serves", c.parameters(false), before, 0)
	if now := c.Status().FitID; now != id {
		t.Errorf("fit %s serves, before it was %s", now, id)
	}
}

func TestParameterServerStops(t *testing.T) {
	d := mastertest.ToyRows(300, 0)
	for _, tt := range []struct {
		name, settings string
		want           api.StopReason
	}{
		{"no change", "max_iter: 5000, tol: 1e-4, n_iter_no_change: 3", api.StopNoChange},
		{"the gradient", "max_iter: 5000, n_iter_no_change: 0, epsilon: 1e-3", api.StopGradient},
		{"the gradient with l1", "max_iter: 5000, n_iter_no_change: 0, epsilon: 1e-6, penalty: l1, alpha: 0.3", api.StopGradient},
		{"validation", "max_iter: 5000, early_stopping: true, validation_fraction: 0.25, tol: 0.0001", api.StopValidation},
		{"steps", "max_iter: 7, mode: minibatch, batch_size: 10", api.StopMaxIter},
		{"epochs of mini-batches", "max_iter: 5000, mode: minibatch, tol: 0.01, batch_size: 16", api.StopNoChange},
		{"rounds", "max_iter: 5000, mode: local, tol: 0.0001, local_epochs: 3", api.StopNoChange},
		{"clipped", "max_iter: 5000, max_gradient_norm: 0.5, epsilon: 1e-3, n_iter_no_change: 0", api.StopGradient},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := server{learner: "sgd-regressor", settings: tt.settings}.start(t, mastertest.Split(d, 3)...)
			fit := c.Fit()
			tr := fit.Training
			if tr.Stopped != tt.want || len(tr.Loss) != tr.Steps || tt.want != api.StopMaxIter && tr.Steps == 5000 {
				t.Errorf("stopped by %s after %d steps with %d losses", tr.Stopped, tr.Steps, len(tr.Loss))
			}
			if noted := len(fit.Notes) == 1 && strings.HasPrefix(fit.Notes[0], "the training did not converge in 7 steps"); noted != (tt.want == api.StopMaxIter) {
				t.Errorf("stopped by %s, the notes are %q", tr.Stopped, fit.Notes)
			}
			if tt.want == api.StopValidation && (len(tr.ValidationLoss) == 0 || fit.Rows != 300-13-25-38) {
				t.Errorf("%d rows, validation %v", fit.Rows, tr.ValidationLoss)
			}
		})
	}
}

// float32 halves the bytes; the rounding error is reported.
func TestParameterServerFloat32(t *testing.T) {
	shards := mastertest.Split(mastertest.ToyRows(200, 0), 2)
	const settings = "max_iter: 50, n_iter_no_change: 0"
	whole := server{learner: "sgd-regressor", settings: settings}.start(t, shards...)
	a := whole.Fit()
	half := server{learner: "sgd-regressor", settings: settings + ", wire: float32"}.start(t, shards...)
	b := half.Fit()
	if e := b.Training.RoundingError; e <= 0 || e > 1e-7 || a.Training.RoundingError != 0 {
		t.Errorf("rounding errors %g and %g", e, a.Training.RoundingError)
	}
	if saved := b.Training.BytesSaved; saved != 50*2*4*8 {
		t.Errorf("saved %d bytes", saved)
	}
	if a.Workers[0].Received <= b.Workers[0].Received || a.Workers[0].Sent <= b.Workers[0].Sent {
		t.Errorf("%+v against %+v", a.Workers[0], b.Workers[0])
	}
	mastertest.CloseTo(t, "parameters", half.parameters(false), whole.parameters(false), 1e-5)
}

// A fit starts from scratch unless warm_start is set.
func TestParameterServerWarmStart(t *testing.T) {
	shards := mastertest.Split(mastertest.ToyRows(100, 2), 2)
	for _, warm := range []bool{false, true} {
		settings := "max_iter: 20, n_iter_no_change: 0, eta0: 0.5"
		if warm {
			settings += ", warm_start: true"
		}
		c := server{learner: "sgd-classifier", settings: settings}.start(t, shards...)
		first, again := c.Fit().Training.Loss, c.Fit().Training.Loss
		if goesOn := again[0] < first[19]; goesOn != warm {
			t.Errorf("warm_start %t: from %v to %v, then from %v", warm, first[0], first[19], again[0])
		}
		if !warm && math.Float64bits(first[19]) != math.Float64bits(again[19]) {
			t.Error("two fits from the start differ")
		}
	}
}

func TestParameterServerRefusesRows(t *testing.T) {
	d := mastertest.ToyRows(30, 0)
	other := mastertest.ToyRows(30, 0)
	other.Features = []string{"a", "b", "z"}
	c := server{learner: "sgd-regressor", settings: "max_iter: 3"}.start(t, d, d, other)
	p := c.Problem(api.PathsOf("parameter-server").Fit, "", http.StatusUnprocessableEntity)
	if !strings.Contains(p.Detail, "w3") || !strings.Contains(p.Detail, "lacks c") {
		t.Errorf("%+v", p)
	}
	missing := mastertest.ToyRows(30, 0)
	missing.X.Set(4, 1, math.NaN())
	c = server{learner: "sgd-regressor", settings: "max_iter: 3, quorum: 1", more: "prepare: none\n"}.start(t, d, missing)
	fit := c.Fit()
	if len(fit.Failures) != 1 || fit.Failures[0].Worker != "w2" || !strings.Contains(fit.Failures[0].Reason, "row 4, column 1 (b)") {
		t.Errorf("%+v", fit.Failures)
	}
}
