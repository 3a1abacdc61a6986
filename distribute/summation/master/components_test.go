package master_test

import (
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/pca"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
)

// Components are those of one process with all rows, whether workers have targets beside their rows or not, and an answer
// has all of them for each row.
func TestComponents(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(90, 3)
	shards := mastertest.Split(rows, 3)
	shards[0].Y, shards[0].Classes = nil, nil
	s := server{learner: "pca", params: `{"n_components": 2}`, more: "prepare: none\n"}
	c := s.start(t, shards...)
	folder, err := models.OpenFolder(filepath.Join(t.TempDir(), "models"))
	if err != nil {
		t.Fatal(err)
	}
	c.Dir, c.Models = t.TempDir(), models.NewStore(folder)
	s.over(c)
	if fit := c.Fit(); fit.Rows != 90 || fit.Classes != nil || fit.Training.Rounds != 2 || fit.Training.Stopped != api.StopComplete {
		t.Errorf("%+v, %+v", fit, fit.Training)
	}
	if e := mastertest.Event(c.Cluster, func(e api.StepEvent) bool { return true }); e.Loss != nil {
		t.Errorf("a step of a learner without a loss is told with %v", *e.Loss)
	}
	alone, err := registry.New("pca", []byte(s.params), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	rows.Y, rows.Classes = nil, nil
	if err := alone.Fit(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	want, err := alone.(*pca.PCA).Transform(t.Context(), rows.X)
	if err != nil {
		t.Fatal(err)
	}
	ask := func() api.PredictResponse {
		t.Helper()
		status, body := c.Post(c.Paths().Predict, mastertest.Request(rows))
		if status != http.StatusOK {
			t.Fatalf("status %d: %s", status, body)
		}
		return mastertest.Decode[api.PredictResponse](t, body)
	}
	first := ask()
	if got := first.Components.Dense; got == nil || !mat.Equal(got, want) {
		t.Errorf("three workers answer %.200v, one process %.200v", first, want)
	}
	if first.Labels != nil || first.Proba.Dense != nil || !slices.Equal(first.Y.Values, mat.Col(nil, 0, want)) {
		t.Errorf("beside the components: %.200v", first)
	}
	s.over(c) // which serves the stored model
	if again := ask(); again.Components.Dense == nil || !mat.Equal(again.Components.Dense, want) || again.FitID != first.FitID {
		t.Error("after a restart it answers otherwise")
	}
	body := mastertest.Request(rows.Select([]int{0}))
	var told float64
	for _, v := range alone.(*pca.PCA).ExplainedVarianceRatio() {
		told += v
	}
	scored := c.Score(mastertest.Request(rows))
	if m := scored.Decomposition; m == nil || m.Components != 2 || m.Rows != 90 || math.Abs(m.ExplainedVariance-told) > 1e-9 || m.Reconstruction <= 0 {
		t.Errorf("%+v, %+v; of the training %v", scored, m, told)
	}
	if found := mastertest.Decode[api.Structure](t, answered(c)); !slices.Equal(found.Components, alone.(*pca.PCA).ExplainedVarianceRatio()) {
		t.Errorf("%+v", found)
	}
	labelled := c.Score(strings.TrimSuffix(body, "}") + `,"y_true":["0"]}`)
	if len(labelled.Notes) == 0 || !strings.Contains(labelled.Notes[0], "y_true was not looked at") {
		t.Errorf("%+v", labelled)
	}
	decided := strings.TrimSuffix(body, "}") + `,"threshold":0.5}`
	if p := c.Problem(c.Paths().Predict, decided, http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "no classes to decide between") {
		t.Errorf("%+v", p)
	}
}
