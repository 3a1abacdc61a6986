package master_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	_ "github.com/gochimera/chimera/learner/knn"
	_ "github.com/gochimera/chimera/learner/linear"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/registry"
)

// Rows with texts and missing cells are prepared alike, whatever the learner needs of them and however many workers they are dealt out to:
// a model predicts for rows as they are, extra columns are ignored with a note, and a missing one is named.
func TestMixedTable(t *testing.T) {
	rows, targets := mastertest.Mixed(140, true)
	for _, name := range []string{"tree-classifier", "knn-classifier", "logistic-regression"} {
		for _, n := range []int{1, 3, 7} {
			t.Run(fmt.Sprintf("%s of %d", name, n), func(t *testing.T) {
				c := mastertest.Start(t, master.New(), registry.Default, name, "", mastertest.MixedShards(rows, targets, n)...)
				if example, description := c.DocumentedRequest(c.Paths().Predict); strings.Contains(example, "colour") || !strings.Contains(description, "No model") {
					t.Errorf("before the fit: %s %s", example, description)
				}
				fit := c.Fit()
				if len(fit.Failures) > 0 || fit.Rows != 140 || len(fit.Prepared) != 4 {
					t.Fatalf("%+v", fit)
				}
				colour := fit.Prepared[1]
				if colour.Kind != "categorical" || !strings.Contains(colour.Done, "of 4 categories") {
					t.Errorf("colour: %+v", colour)
				}
				answer := c.Predict(mastertest.MixedRequest(rows[:60]))
				right := 0
				for i, label := range answer.Labels {
					if string(label) == targets[i] {
						right++
					}
				}
				if right < 40 || len(answer.Notes) != 1 || !strings.Contains(answer.Notes[0], "id") {
					t.Errorf("%d of 60 right, notes %q", right, answer.Notes)
				}
				c.CheckDocument(mastertest.MixedColumns...)
				p := c.Problem(c.Paths().Predict, `{"X_pred_columns":["age","colour","member"],"X_pred_rows":[[1,"red",true]]}`, http.StatusUnprocessableEntity)
				if !strings.Contains(p.Message, "now missing:\n- size") {
					t.Errorf("%+v", p)
				}
				p = c.Problem(c.Paths().Predict, `{"X_pred_columns":["age","colour","size","member"],"X_pred_rows":[["old","red",1,true]]}`, http.StatusUnprocessableEntity)
				if len(p.Errors) != 1 || p.Errors[0].Location != "body.X_pred_rows[0][0]" {
					t.Errorf("%+v", p)
				}
				status := mastertest.Decode[api.MasterStatus](t, get(t, c, api.PathStatus))
				if !slices.Equal(status.Features, mastertest.MixedColumns) {
					t.Errorf("the status shows %q", status.Features)
				}
			})
		}
	}
}

func get(t *testing.T, c *mastertest.Cluster, path string) string {
	t.Helper()
	status, body := c.Send(http.MethodGet, path, "", "")
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, status, body)
	}
	return body
}

// A worker keeps the preparation with its model: a master that was started anew sends it rows as they are, with texts, and gets the same
// answers, and so does who asks the worker itself. A worker that has lost its model is given it back with the preparation.
func TestPreparationStaysWithTheModel(t *testing.T) {
	rows, targets := mastertest.Mixed(60, true)
	c := mastertest.Start(t, master.New(), registry.Default, "logistic-regression", "", mastertest.MixedShards(rows, targets, 2)...)
	c.Fit()
	body := mastertest.MixedRequest(rows[:20])
	before := c.Predict(body)
	c.Workers[1].Kill()
	c.Workers[1].Start(t)
	c.Post(c.Paths().Predict, body) // the master finds out
	mastertest.Event(c, func(e api.WorkerCaughtUpEvent) bool { return e.Worker == "w2" })
	if again := c.Predict(body); !slices.Equal(again.Y.Values, before.Y.Values) || len(again.Workers) != 2 {
		t.Errorf("caught up: %v, want %v", again, before)
	}
	c.Over(master.New())
	c.Serve("workers:\n  - {name: w1, learner: logistic-regression}\n  - {name: w2, learner: logistic-regression}\n", registry.Default)
	after := c.Predict(body)
	if !slices.Equal(after.Y.Values, before.Y.Values) || len(after.Notes) != 1 || after.FitID != before.FitID {
		t.Errorf("a master started anew: %v, want %v", after, before)
	}
}

// With prepare: none, texts are refused with the column and the setting, and the model in service stays.
func TestUnpreparedTextsAreRefused(t *testing.T) {
	rows, targets := mastertest.Mixed(40, true)
	c := mastertest.Start(t, master.New(), registry.Default, "tree-classifier", "prepare: none\n", mastertest.MixedShards(rows, targets, 2)...)
	p := c.Problem(c.Paths().Fit, "", http.StatusUnprocessableEntity)
	if !strings.Contains(p.Detail, "colour") || !strings.Contains(p.Detail, "prepare") {
		t.Errorf("%+v", p)
	}
	c = mastertest.Start(t, master.New(), registry.Default, "tree-classifier", "prepare: {drop: [nothing]}\n", mastertest.MixedShards(rows, targets, 2)...)
	if p = c.Problem(c.Paths().Fit, "", http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "prepare.drop") {
		t.Errorf("%+v", p)
	}
}
