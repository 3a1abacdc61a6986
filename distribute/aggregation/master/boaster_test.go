package master_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// boaster is sure of its two classes, a quarter and three quarters times a factor.
type boaster struct{ factor float64 }

func (boaster) Fit(context.Context, learner.Dataset) error { return nil }
func (boaster) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	return make([]float64, x.RawMatrix().Rows), nil
}

func (b boaster) PredictProba(_ context.Context, x *mat.Dense) (*mat.Dense, error) {
	out := mat.NewDense(x.RawMatrix().Rows, 2, nil)
	for i := range x.RawMatrix().Rows {
		out.SetRow(i, []float64{0.25 * b.factor, 0.75 * b.factor})
	}
	return out, nil
}

// A worker whose probabilities are a million times too large is left out of the prediction and named;
// if too few others answer, so is the prediction refused.
func TestProbabilitiesAreChecked(t *testing.T) {
	reg := &registry.Registry{}
	for name, factor := range map[string]float64{"honest": 1, "boaster": 1e6} {
		registry.RegisterIn(reg, name, registry.Entry[struct{}, boaster]{
			Task: learner.Classification, Summary: "A toy.", New: func(struct{}, learner.Env) (boaster, error) { return boaster{factor}, nil },
		})
	}
	c := mastertest.New(t, master.New())
	var list strings.Builder
	for i, name := range []string{"honest", "boaster", "honest"} {
		dir := t.TempDir()
		mastertest.Write(t, filepath.Join(dir, "X_train.csv"), "a\n1\n2\n")
		mastertest.Write(t, filepath.Join(dir, "y_train.csv"), "target\nno\nyes\n")
		spec := workers.Spec{Name: fmt.Sprintf("w%d", i+1), Role: workers.ModelRole, Project: "test", Learner: name}
		c.Add(spec.Name, mastertest.Made(t, spec, reg, dir))
		fmt.Fprintf(&list, "  - {name: %s, learner: %s}\n", spec.Name, name)
	}
	for i, status := range []int{http.StatusOK, http.StatusBadGateway} {
		quorum := 2 + i
		c.Over(master.New())
		c.Serve(fmt.Sprintf("aggregation: {quorum: %d}\nworkers:\n%s", quorum, list.String()), reg)
		c.Fit()
		const body = `{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`
		var failures []api.WorkerFailure
		if status == http.StatusOK {
			p := c.Predict(body)
			if failures = p.Failures; len(p.Workers) != 2 || p.Y.Values[0] != 0.75 {
				t.Errorf("quorum %d: %+v", quorum, p)
			}
		} else {
			failures = c.Problem(c.Paths().Predict, body, status).Workers
		}
		if len(failures) != 1 || failures[0].Worker != "w2" || !strings.Contains(failures[0].Reason, "its probability of class 0 is 250000") {
			t.Errorf("quorum %d: %+v", quorum, failures)
		}
	}
}
