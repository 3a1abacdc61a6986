package master_test

import (
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
)

// scored is the score that a master answers to a body.
func scored(t *testing.T, c *mastertest.Cluster, body string) api.ScoreResponse {
	t.Helper()
	status, text := c.Post(api.PathsOf("aggregation").Score, body)
	if status != 200 {
		t.Fatal(status, text)
	}
	return mastertest.Decode[api.ScoreResponse](t, text)
}

// One file says True, another true, and the client JSON's true: one class, which is answered as true.
func TestBooleanClasses(t *testing.T) {
	c := start(t, "frequency", "", mastertest.Shard{X: "a\n1\n2\n3\n", Y: "target\nTrue\nTRUE\nFalse\n"},
		mastertest.Shard{X: "a\n1\n2\n", Y: "target\ntrue\nfalse\n"})
	c.Fit()
	status, body := c.Post(api.PathsOf("aggregation").Predict, `{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`)
	if status != 200 || !strings.Contains(body, `"y_pred_labels":["true"]`) || !strings.Contains(body, `"classes":["false","true"]`) {
		t.Errorf("got %d %s", status, body)
	}
	for _, truth := range []string{`[true,false]`, `["True","False"]`, `["TRUE","false"]`} {
		got := scored(t, c, `{"X_pred_columns":["a"],"X_pred_rows":[[1],[1]],"y_true":`+truth+`}`)
		if got.Classification == nil || got.Classification.Accuracy != 0.5 || len(got.Classification.Classes) != 2 || got.Baseline != 0.5 {
			t.Errorf("y_true %s: %+v", truth, got)
		}
	}
}

// Labels that one float64 stands for stay two classes from the file to the answer and back.
func TestClassesBeyondFloats(t *testing.T) {
	c := start(t, "frequency", "",
		mastertest.Shard{X: "a\n1\n2\n3\n", Y: "target\n9007199254740993\n9007199254740993\n9007199254740992\n"},
		mastertest.Shard{X: "a\n1\n2\n", Y: "target\n9007199254740993.0\n9007199254740992\n"})
	c.Fit()
	status, body := c.Post(api.PathsOf("aggregation").Predict, `{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`)
	if status != 200 || !strings.Contains(body, `"y_pred_labels":["9007199254740993"]`) ||
		!strings.Contains(body, `"classes":[9007199254740992,"9007199254740993"]`) {
		t.Errorf("got %d %s", status, body)
	}
	for truth, want := range map[string]float64{`[9007199254740993,9007199254740992]`: 0.5, `["9007199254740993",9007199254740993]`: 1} {
		got := scored(t, c, `{"X_pred_columns":["a"],"X_pred_rows":[[1],[1]],"y_true":`+truth+`}`)
		if got.Classification == nil || got.Classification.Accuracy != want || len(got.Classification.Classes) != 2 {
			t.Errorf("y_true %s: %+v", truth, got)
		}
	}
}

// A regressor takes a boolean as 1 or 0, in a file and in y_true.
func TestBooleanTargets(t *testing.T) {
	c := start(t, "mean", "", mastertest.Shard{X: "a\n0\n0\n0\n0\n", Y: "target\nTrue\nfalse\nTRUE\n1\n"})
	c.Fit()
	got := scored(t, c, `{"X_pred_columns":["a"],"X_pred_rows":[[0],[0.25],[-0.75]],"y_true":[true,"True",false]}`) // predictions 0.75, 1, 0
	if want := 1 - 0.0625/(2.0/3); got.Regression == nil || !near(got.Regression.R2, want) {
		t.Errorf("got %+v, want an R2 of %v", got.Regression, want)
	}
}
