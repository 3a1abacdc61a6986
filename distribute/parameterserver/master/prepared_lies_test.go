package master_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/parameterserver/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// names reports whether a failure is of a worker, and says something.
func names(failures []api.WorkerFailure, worker, says string) bool {
	return slices.ContainsFunc(failures, func(f api.WorkerFailure) bool { return f.Worker == worker && strings.Contains(f.Reason, says) })
}

// A worker whose summary is of no rows that there could be is out; the quorum decides whether that is a fit.
func TestSummariesThatLie(t *testing.T) {
	rows, targets := mastertest.Mixed(80, true)
	lie := func(s *prepare.Summary) { s.Columns[2].Squares = []float64{-4} }
	const says = `column "size"`
	c := mixed(t, "logistic-regression", "max_iter: 5, quorum: 2", mastertest.MixedShards(rows, targets, 3))
	mastertest.LieAt(t, c.Workers[1], api.PathSummary, lie)
	if fit := c.Fit(); !names(fit.Failures, "w2", says) || len(fit.Failures) != 1 || fit.Workers[0].Steps == 0 {
		t.Errorf("%+v", fit)
	}
	c = mixed(t, "logistic-regression", "max_iter: 5, quorum: 3", mastertest.MixedShards(rows, targets, 3))
	mastertest.LieAt(t, c.Workers[1], api.PathSummary, lie)
	if p := c.Problem(c.Paths().Fit, "", http.StatusBadGateway); !names(p.Workers, "w2", says) {
		t.Errorf("%+v", p)
	}
}

// With a robust aggregation one faulty worker can have no column taken for texts, and no rows prepared for a learner that nobody else has.
func TestSchemasThatLie(t *testing.T) {
	rows, targets := mastertest.Mixed(140, false)
	for name, lie := range map[string]func(*api.WorkerSchema){
		"texts":           func(s *api.WorkerSchema) { s.TextColumns = []string{"age", "colour", "size", "member"} },
		"another learner": func(s *api.WorkerSchema) { s.Learner, s.Traits = "mine", &learner.Traits{Ordinals: true} },
	} {
		c := mixed(t, "linear-regression", "max_iter: 5, quorum: 4, aggregation: median", mastertest.MixedShards(rows, targets, 5))
		mastertest.LieAt(t, c.Workers[3], api.PathSchema, lie)
		fit := c.Fit()
		if !names(fit.Failures, "w4", "a faulty worker could invent it") || len(fit.Failures) != 1 {
			t.Errorf("%s: %+v", name, fit.Failures)
		}
		var kinds []string
		for _, p := range fit.Prepared {
			kinds = append(kinds, string(p.Kind))
		}
		if !slices.Equal(kinds, []string{"numeric", "categorical", "numeric", "numeric"}) {
			t.Errorf("%s: columns are %q", name, kinds)
		}
	}
}

// A worker that dies while it summarises its rows, and comes back, is waited for; the fit ends with the same bits.
func TestLostDuringTheSummary(t *testing.T) {
	t.Parallel()
	rows, targets := mastertest.Mixed(80, true)
	start := func() *cluster {
		return mixed(t, "logistic-regression", "max_iter: 10, recovery_timeout: 24h", mastertest.MixedShards(rows, targets, 3))
	}
	calm := start()
	calm.Fit()
	c := start()
	revive := mortal(c, api.PathSummary, 1)
	done := make(chan api.FitResponse, 1)
	go func() { done <- c.Fit() }()
	mastertest.Event(c.Cluster, func(e api.WorkerFailedEvent) bool { return e.Failure.Worker == "w2" })
	revive()
	fit := <-done
	mastertest.CloseTo(t, "parameters", c.parameters(false), calm.parameters(false), 0)
	if r := fit.Training.Recoveries; len(r) != 1 || r[0].Worker != "w2" || len(fit.Failures) > 0 {
		t.Errorf("%+v", fit)
	}
}

// Workers of the Python package use their rows as they are. So do those of ours then, and a preparation that was asked for leaves the
// Python worker out.
func TestPythonWorkerAndPreparation(t *testing.T) {
	const sample = `{"X_train_sample_columns":["a","b"],"X_train_sample_rows":[[1.5,2.0],[2.5,1.0]],` +
		`"y_train_sample_columns":["target"],"y_train_sample_rows":[[10.5],[20.25]]}`
	start := func(prepare string) *cluster {
		c := &cluster{mastertest.New(t, master.New())}
		dir := t.TempDir()
		mastertest.Write(t, filepath.Join(dir, "X_train.csv"), "a,b\n1,200\n2,300\n3,500\n")
		mastertest.Write(t, filepath.Join(dir, "y_train.csv"), "target\n1\n2\n3\n")
		c.Add("w1", mastertest.Made(t, workers.Spec{Name: "w1", Role: workers.SGDRole, Project: "test", Learner: "sgd-regressor"}, registry.Default, dir))
		c.Add("p1", pythonSGD(sample, `{"weights_gradients":[-0.5,0.25],"bias_gradient":[1.0]}`, new([]string)))
		c.Serve("master: parameter-server\nlearner: sgd-regressor\nworkers:\n  - {name: w1}\n  - {name: p1}\n"+
			"parameter_server: {mode: local, weighting: uniform, standardize: false, max_iter: 2, quorum: 1, recovery_timeout: 0s, eta0: 0.000001}\n"+prepare,
			registry.Default)
		return c
	}
	fit := start("").Fit()
	if len(fit.Failures) > 0 || len(fit.Prepared) > 0 || fit.Workers[1].Steps != 2 {
		t.Errorf("auto: %+v", fit)
	}
	fit = start("prepare: {scale: minmax}\n").Fit()
	if !names(fit.Failures, "p1", "set prepare: none, or leave the worker out") || len(fit.Failures) != 1 || len(fit.Prepared) != 2 {
		t.Errorf("asked for: %+v", fit)
	}
}

// With texts in the rows of a worker of ours, it cannot fit beside one of the Python package, and is told why; the Python package's master cannot have
// it fit at all.
func TestTextsBesidePython(t *testing.T) {
	rows, targets := mastertest.Mixed(40, false)
	c := mixed(t, "sgd-regressor", "max_iter: 2", mastertest.MixedShards(rows, targets, 1))
	for _, e := range []mastertest.Exchange{
		{Node: "worker1", Method: http.MethodGet, Path: parameterserver.PathSample},
		{Node: "worker1", Method: http.MethodPost, Path: parameterserver.PathStep, Body: `{"weights":[0,0,0,0],"bias":[0]}`},
	} {
		res, raw := c.Ask(t, e)
		p := mastertest.Decode[api.Problem](t, string(raw))
		if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(p.Detail, "its column colour has texts") {
			t.Errorf("%s: %d %s", e.Path, res.StatusCode, raw)
		}
	}
	c.Add("p1", pythonSGD(`{"X_train_sample_columns":["age","colour","size","member"],"X_train_sample_rows":[[1,2,3,4]],`+
		`"y_train_sample_columns":["target"],"y_train_sample_rows":[[10.5]]}`, `{"weights_gradients":[0,0,0,0],"bias_gradient":[1.0]}`, new([]string)))
	c.Over(master.New())
	c.Serve("master: parameter-server\nlearner: sgd-regressor\nworkers:\n  - {name: w1}\n  - {name: p1}\nparameter_server: {mode: local, weighting: uniform, "+
		"standardize: false, max_iter: 2, recovery_timeout: 0s}\n", registry.Default)
	if p := c.Problem(c.Paths().Fit, "", http.StatusUnprocessableEntity); !names(p.Workers, "w1", "leave that worker out, or drop the column") {
		t.Errorf("%+v", p)
	}
}
