package master_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// mixed starts a parameter server over shards of a mixed table.
func mixed(t *testing.T, learner, settings string, shards []mastertest.Shard) *cluster {
	t.Helper()
	return mixedAs(t, learner, settings, "", shards)
}

// mixedAs is mixed with more sections of chimera.yaml.
func mixedAs(t *testing.T, learner, settings, more string, shards []mastertest.Shard) *cluster {
	t.Helper()
	c := &cluster{mastertest.New(t, master.New())}
	var list strings.Builder
	for i, s := range shards {
		dir := t.TempDir()
		mastertest.Write(t, filepath.Join(dir, "X_train.csv"), s.X)
		mastertest.Write(t, filepath.Join(dir, "y_train.csv"), s.Y)
		spec := workers.Spec{Name: fmt.Sprintf("w%d", i+1), Role: workers.SGDRole, Project: "test", Learner: learner, Seed: uint64(i)}
		c.Add(spec.Name, mastertest.Made(t, spec, registry.Default, dir))
		fmt.Fprintf(&list, "  - {name: %s}\n", spec.Name)
	}
	c.Serve(fmt.Sprintf("master: parameter-server\nlearner: %s\nworkers:\n%sparameter_server: {%s}\n%s", learner, list.String(), settings, more), registry.Default)
	return c
}

// A model of a table with texts and missing cells is the same however its rows are dealt out, also if a worker lacks a category.
func TestMixedTable(t *testing.T) {
	for _, classes := range []bool{false, true} {
		rows, targets := mastertest.Mixed(140, classes)
		name := map[bool]string{false: "linear-regression", true: "logistic-regression"}[classes]
		var want []float64
		for _, n := range []int{1, 2, 3, 7} {
			c := mixed(t, name, "max_iter: 40, n_iter_no_change: 0", mastertest.MixedShards(rows, targets, n))
			fit := c.Fit()
			if len(fit.Prepared) != 4 || len(fit.Failures) > 0 {
				t.Fatalf("%s of %d: %+v", name, n, fit)
			}
			got := c.parameters(false)
			if want == nil {
				want = got
			}
			mastertest.CloseTo(t, fmt.Sprintf("%s of %d workers", name, n), got, want, 1e-9)
			answer := c.Predict(mastertest.MixedRequest(rows[:5]))
			if answer.Y.Len() != 5 || len(answer.Notes) != 1 {
				t.Errorf("%+v", answer)
			}
			c.CheckDocument(mastertest.MixedColumns...)
		}
	}
}

// With a robust aggregation a worker whose rows are absurd does not bend the preparation.
func TestMixedTableRobustly(t *testing.T) {
	rows, targets := mastertest.Mixed(140, false)
	shards := mastertest.MixedShards(rows, targets, 5)
	shards[4] = mastertest.Shard{X: strings.Join(mastertest.MixedColumns, ",") + "\n1e9,invented,1e9,true\n2e9,invented,1e9,true\n", Y: "target\n1\n2\n"}
	c := mixed(t, "linear-regression", "max_iter: 5, aggregation: median", shards)
	fit := c.Fit()
	at := slices.IndexFunc(fit.Prepared, func(p api.PreparedColumn) bool { return p.Name == "colour" })
	if at < 0 || !strings.Contains(fit.Prepared[at].Done, "of 3 categories") {
		t.Errorf("%+v", fit.Prepared)
	}
}

// An agreement that fails leaves the model in service.
func TestFailedPreparationKeepsTheModel(t *testing.T) {
	rows, targets := mastertest.Mixed(60, false)
	shards := mastertest.MixedShards(rows, targets, 2)
	c := mixed(t, "linear-regression", "max_iter: 5, recovery_timeout: 0s", shards)
	fit := c.Fit()
	c.Workers[1].Kill()
	if p := c.Problem(c.Paths().Fit, "", http.StatusBadGateway); p.FitID == fit.FitID {
		t.Errorf("%+v", p)
	}
	if answer := c.Predict(mastertest.MixedRequest(rows[:2])); answer.FitID != fit.FitID {
		t.Errorf("the model of fit %s serves, want that of %s", answer.FitID, fit.FitID)
	}
}

// So is one on the components of an approximated kernel, whose landmarks are drawn by what is in the rows. The columns of its coefficients are
// not known, and a robust aggregation refuses landmarks, which a liar could choose.
func TestKernelOfMixedTable(t *testing.T) {
	rows, targets := mastertest.Mixed(140, true)
	for _, by := range []string{prepare.RBFSampler, prepare.Nystroem} {
		kernel := "prepare: {kernel_approximation: " + by + ", n_components: 12}\n"
		var want []float64
		for _, n := range []int{1, 2, 7} {
			c := mixedAs(t, "logistic-regression", "max_iter: 40, n_iter_no_change: 0", kernel, mastertest.MixedShards(rows, targets, n))
			fit := c.Fit()
			if notes := strings.Join(fit.Notes, "\n"); len(fit.Failures) > 0 || !strings.Contains(notes, "12 components of "+by) {
				t.Fatalf("%+v", fit)
			}
			got := c.parameters(false)
			if want == nil {
				want = got
			}
			mastertest.CloseTo(t, fmt.Sprintf("%s of %d workers", by, n), got, want, 1e-9)
			if answer := c.Predict(mastertest.MixedRequest(rows[:5])); answer.Y.Len() != 5 {
				t.Errorf("%+v", answer)
			}
			c.CheckDocument(mastertest.MixedColumns...)
		}
	}
	shards := mastertest.MixedShards(rows, targets, 5)
	c := mixedAs(t, "logistic-regression", "max_iter: 5, aggregation: median", "prepare: {kernel_approximation: nystroem}\n", shards)
	if p := c.Problem(c.Paths().Fit, "", http.StatusUnprocessableEntity); p.Code != api.CodeUnusableData || !strings.Contains(p.Detail, "rbf-sampler") {
		t.Errorf("%+v", p)
	}
}
