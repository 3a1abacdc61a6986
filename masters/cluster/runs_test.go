package cluster_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/models"
)

// Every fit leaves a record, which outlives its model: whether it succeeded, failed or was cancelled.
func TestFitsAreRecorded(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	c := keeping(t, k, t.TempDir())
	if h := ask[models.History](c, http.MethodGet, api.PathRuns, "", 200); len(h.Runs) != 0 {
		t.Errorf("before the first fit: %+v", h)
	}
	first, second := c.Fit().FitID, c.Fit().FitID
	k.fault = errors.New("the rows are upside down")
	c.Problem(c.Paths().Fit, "", http.StatusInternalServerError)
	failed := c.Status().Fit.FitID
	k.fault, k.begun, k.gate = nil, make(chan string, 1), make(chan struct{})
	ask[api.FitResponse](c, http.MethodPost, c.Paths().Fit+"?wait=false", "", 202)
	cancelled := <-k.begun
	ask[api.CommitResponse](c, http.MethodDelete, api.PathFit, "", 202)
	waitJob(c, cancelled)
	close(k.gate)
	score := c.Score(`{"X_pred_columns":["a"],"X_pred_rows":[[1],[2]],"y_true":[1,3]}`)
	if err := callerOf(c).AttachScore(t.Context(), "held out", &score); err != nil {
		t.Fatal(err)
	}
	ask[api.ServeResponse](c, http.MethodPost, modelPath(first, "/serve"), "", 200)
	if status, text := c.Send(http.MethodDelete, modelPath(second), "", ""); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, text)
	}

	h := ask[models.History](c, http.MethodGet, api.PathRuns, "", 200).Runs
	want := []struct {
		id            string
		state         api.FitState
		kept, serving bool
		says          string
	}{
		{cancelled, api.FitCancelled, false, false, "cancelled"}, {failed, api.FitFailed, false, false, "upside down"},
		{second, api.FitSucceeded, false, false, ""}, {first, api.FitSucceeded, true, true, ""},
	}
	if len(h) != len(want) {
		t.Fatalf("got %d runs", len(h))
	}
	for i, w := range want {
		r := h[i]
		if r.ID != w.id || r.State != w.state || r.Kept != w.kept || r.Serving != w.serving || !strings.Contains(r.Error, w.says) ||
			(w.says == "") != (r.Error == "") {
			t.Errorf("run %d is %+v, want %+v", i, r, w)
		}
		if r.Kind != "aggregation" || r.Started.IsZero() || r.Of != 1 || len(r.Learners) != 1 || r.Learners[0].Learner != "mean" || len(r.Settings) == 0 {
			t.Errorf("run %d is %+v", i, r)
		}
	}
	if r := h[2]; r.Loss == nil || *r.Loss != 2 || r.Steps != 2 || r.Rows != 3 || r.Workers != 1 || len(r.Scores) != 1 || r.Scores[0].Metric != "r2" {
		t.Errorf("got %+v", r)
	}
	for word, id := range map[string]string{second: second, "latest": cancelled, "serving": first} {
		if r := ask[models.Run](c, http.MethodGet, api.PathRuns+"/"+word, "", 200); r.ID != id {
			t.Errorf("%s is %s", word, r.ID)
		}
	}
	if r := ask[models.Run](c, http.MethodGet, api.PathRuns+"/"+second, "", 200); len(r.Report.Training.Loss) != 2 || r.Scores[0].Result.Regression == nil {
		t.Errorf("got %+v", r)
	}
	refused(c, http.MethodGet, api.PathRuns+"/none", api.CodeNotFound)
}

// A score belongs to the model that answered.
func TestScoresAreAttached(t *testing.T) {
	t.Parallel()
	c := keeping(t, &keeper{}, t.TempDir())
	first := c.Fit().FitID
	score := c.Score(`{"X_pred_columns":["a"],"X_pred_rows":[[1],[2]],"y_true":[1,3]}`)
	caller := callerOf(c)
	for _, name := range []string{"morning", "evening"} {
		if err := caller.AttachScore(t.Context(), name, &score); err != nil {
			t.Fatal(err)
		}
	}
	second := c.Fit().FitID
	other := score
	other.FitID = "none"
	for name, s := range map[string]api.ScoreResponse{"of no fit": {}, "of an unknown fit": other} {
		if err := caller.AttachScore(t.Context(), name, &s); err == nil {
			t.Errorf("%s: attached", name)
		}
	}
	list := ask[models.Listing](c, http.MethodGet, api.PathModels, "", 200).Models
	if len(list[0].Scores) != 0 || list[0].ID != second || len(list[1].Scores) != 2 {
		t.Fatalf("got %+v", list)
	}
	if m := list[1].Scores[0]; m.Name != "morning" || m.Metric != "r2" || m.Rows != 2 || m.Score != score.Regression.R2 || m.At.IsZero() {
		t.Errorf("got %+v", m)
	}
	d := ask[models.Detail](c, http.MethodGet, modelPath(first), "", 200)
	if len(d.Scores) != 2 || d.Scores[1].Name != "evening" || *d.Scores[1].Result.Regression != *score.Regression {
		t.Errorf("got %+v", d.Scores)
	}
	if status, text := c.Send(http.MethodPost, modelPath(second, "/scores"), "application/json",
		`{"name":"x","result":{"task":"regression","rows":1,"baseline":0,"members":[],"fit_id":"`+first+`"}}`); status != 422 ||
		!strings.Contains(text, "body.result.fit_id") {
		t.Errorf("a score of another model: %d %s", status, text)
	}
}

// Of a project that keeps two models, the third fit removes the first one; its record stays.
func TestOldModelsAreRemovedAfterAFit(t *testing.T) {
	t.Parallel()
	c := keeping(t, &keeper{}, t.TempDir())
	c.Over(&keeper{})
	c.Serve("workers: [{name: w1, learner: mean}]\nmodels: {keep: 2}\n", c.Registry())
	first := c.Fit().FitID
	c.Fit()
	last := c.Fit().FitID
	list := ask[models.Listing](c, http.MethodGet, api.PathModels, "", 200).Models
	if len(list) != 2 || list[0].ID != last || list[1].ID == first {
		t.Errorf("got %+v", list)
	}
	if h := ask[models.History](c, http.MethodGet, api.PathRuns, "", 200).Runs; len(h) != 3 || h[2].ID != first || h[2].Kept {
		t.Errorf("got %+v", h)
	}
}
