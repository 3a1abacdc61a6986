package master_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/dummy"
	"github.com/gochimera/chimera/registry"
)

// A quarter of the rows are "yes", and that is the probability which the dummy gives to every row: a threshold below it says
// yes to all. What a request says goes before chimera.yaml.
func TestThresholdOfTheConfiguration(t *testing.T) {
	shard := mastertest.Shard{X: "a\n1\n2\n3\n4\n", Y: "y\nno\nno\nno\nyes\n"}
	const rows = `{"X_pred_columns":["a"],"X_pred_rows":[[1],[2]]`
	for _, tt := range []struct {
		yaml, request string
		want          learner.Label
	}{
		{"", "", "no"}, {"threshold: 0.2", "", "yes"}, {"threshold: 0.25", "", "yes"}, {"threshold: 0.3", "", "no"},
		{"threshold: 0.2", `,"threshold":0.5`, "no"}, {"", `,"threshold":0.1`, "yes"},
	} {
		c := mastertest.Start(t, master.New(), registry.Default, "dummy-classifier", tt.yaml, shard, shard)
		c.Fit()
		p := c.Predict(rows + tt.request + "}")
		if want := []learner.Label{tt.want, tt.want}; !slices.Equal(p.Labels, want) || p.Proba.At(0, 1) != 0.25 || p.Y.Values[0] != 0.25 {
			t.Errorf("%s, %s: %v, %v", tt.yaml, tt.request, p.Labels, p.Y)
		}
	}
}

// Three classes are nothing that a threshold decides between: the fit says so, as does a request.
func TestThresholdOfManyClasses(t *testing.T) {
	shard := mastertest.Shard{X: "a\n1\n2\n3\n", Y: "y\na\nb\nc\n"}
	c := mastertest.Start(t, master.New(), registry.Default, "dummy-classifier", "threshold: 0.2", shard)
	p := c.Problem(c.Paths().Fit, "", http.StatusBadGateway)
	const reason = "threshold: 0.2 in chimera.yaml decides between two classes, and the rows are for a classification with 3"
	if len(p.Workers) != 1 || !strings.Contains(p.Workers[0].Reason, reason) {
		t.Errorf("%+v", p)
	}
	c = mastertest.Start(t, master.New(), registry.Default, "dummy-classifier", "", shard)
	c.Fit()
	p = c.Problem(c.Paths().Predict, `{"X_pred_columns":["a"],"X_pred_rows":[[1]],"threshold":0.5}`, http.StatusUnprocessableEntity)
	if !strings.Contains(p.Detail, "it decides between two classes, and the model has 3; leave it out") {
		t.Error(p.Detail)
	}
}
