package cluster_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
)

// A model is found by its ID, by the beginning of it, and by words; what is not found names what is near.
func TestStoredModelsAreListedAndFound(t *testing.T) {
	t.Parallel()
	c := keeping(t, &keeper{}, t.TempDir())
	if list := ask[models.Listing](c, http.MethodGet, api.PathModels, "", 200); len(list.Models) != 0 || len(list.Damaged) != 0 {
		t.Errorf("an empty store lists %+v", list)
	}
	if p := refused(c, http.MethodGet, modelPath("latest"), api.CodeNotFound); !strings.Contains(p.Detail, "and no other") {
		t.Error(p.Detail)
	}
	first, second := c.Fit().FitID, c.Fit().FitID
	list := ask[models.Listing](c, http.MethodGet, api.PathModels, "", 200).Models
	if len(list) != 2 || list[0].ID != second || !list[0].Serving || list[1].ID != first || list[1].Serving {
		t.Fatalf("got %+v", list)
	}
	if m := list[1]; m.Kind != "aggregation" || m.Rows != 3 || m.Bytes != 8 || m.Seconds <= 0 || len(m.Learners) != 1 || m.Learners[0].Learner != "mean" {
		t.Errorf("got %+v", m)
	}
	for word, want := range map[string]string{first: first, first[:len(first)-1]: first, "latest": second, "serving": second} {
		if d := ask[models.Detail](c, http.MethodGet, modelPath(word), "", 200); d.Manifest.ID != want || d.Serving != (want == second) || d.Bytes != 8 {
			t.Errorf("%s is %s", word, d.Manifest.ID)
		}
	}
	p := refused(c, http.MethodGet, modelPath(first[:1]), api.CodeNotFound)
	for _, id := range []string{first, second} {
		if !strings.Contains(p.Detail, id) {
			t.Errorf("the beginning of both does not name %s: %s", id, p.Detail)
		}
	}
	if p := refused(c, http.MethodGet, modelPath("x"+first), api.CodeNotFound); !strings.Contains(p.Detail, "nearest IDs are "+first) {
		t.Error(p.Detail)
	}
	for _, word := range []string{"..", "a%2Fb", "%00"} {
		if status, text := c.Send(http.MethodGet, modelPath(word), "", ""); status != 404 {
			t.Errorf("%s: %d %s", word, status, text)
		}
	}
}

// A model that was in service before answers again, with the same bits, also after a restart, and an event says so.
func TestRollBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := keeping(t, &keeper{}, dir)
	events, stop := c.Server.Events()
	defer stop()
	first, second := c.Fit().FitID, c.Fit().FitID
	if got := number(c); got != 2 {
		t.Fatalf("after two fits: %v", got)
	}
	served := ask[api.ServeResponse](c, http.MethodPost, modelPath(first, "/serve"), "", 200)
	if served.ID != first || served.Before != second || served.State != "serving" || served.Seconds <= 0 || len(served.Notes) != 0 {
		t.Errorf("got %+v", served)
	}
	for e := range events {
		if s, ok := e.Event.(api.ModelServedEvent); ok {
			if s.FitID != first || s.Before != second {
				t.Errorf("got %+v", s)
			}
			break
		}
	}
	st := c.Status()
	if number(c) != 1 || st.FitID != first || st.Model == nil || st.Model.ID != first || st.Model.Created.IsZero() || st.Model.Restoring {
		t.Errorf("after the roll back: %v, %+v, %+v", number(c), st.FitID, st.Model)
	}
	if st.Fit == nil || !st.Fit.Serve || st.Fit.State != api.FitSucceeded || st.Fit.FitID != first {
		t.Errorf("the job is %+v", st.Fit)
	}
	if again := ask[api.ServeResponse](c, http.MethodPost, modelPath("serving", "/serve"), "", 200); again.ID != first || again.Before != first {
		t.Errorf("again: %+v", again)
	}
	c.Stop()
	c = keeping(t, &keeper{}, dir)
	if st := c.Status(); number(c) != 1 || st.FitID != first || st.Model == nil || st.Model.ID != first {
		t.Errorf("after the restart: %v, %+v", number(c), st.Model)
	}
	if served := ask[api.ServeResponse](c, http.MethodPost, modelPath(second, "/serve"), "", 200); number(c) != 2 || served.Before != first {
		t.Errorf("forward again: %v, %+v", number(c), served)
	}
}

// There is one fit, or one model on its way into service, at a time; the model in service answers meanwhile.
func TestServingIsAJobLikeAFit(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	c := keeping(t, k, t.TempDir())
	first, second := c.Fit().FitID, c.Fit().FitID
	k.begun, k.gate = make(chan string, 1), make(chan struct{})
	started := ask[api.ServeResponse](c, http.MethodPost, modelPath(first, "/serve?wait=false"), "", 202)
	if started.ID != first || started.State != "started" || <-k.begun != first {
		t.Errorf("got %+v", started)
	}
	for _, path := range []string{c.Paths().Fit, modelPath(second, "/serve")} {
		if p := refused(c, http.MethodPost, path, api.CodeFitRunning); !strings.Contains(p.Detail, first) || p.FitID != first {
			t.Errorf("%s: %+v", path, p)
		}
	}
	if p := refused(c, http.MethodDelete, modelPath(first), api.CodeModelInUse); p.FitID != first {
		t.Errorf("got %+v", p)
	}
	if got := number(c); got != 2 {
		t.Errorf("meanwhile: %v", got)
	}
	ask[api.CommitResponse](c, http.MethodDelete, api.PathFit, "", 202)
	if p := waitJob(c, first); p.State != api.FitCancelled || number(c) != 2 || c.Status().FitID != second {
		t.Errorf("after the cancellation: %+v", p)
	}
	ask[api.FitResponse](c, http.MethodPost, c.Paths().Fit+"?wait=false", "", 202)
	fitting := <-k.begun
	if p := refused(c, http.MethodPost, modelPath(first, "/serve"), api.CodeFitRunning); !strings.Contains(p.Detail, fitting) {
		t.Error(p.Detail)
	}
	close(k.gate)
	if job := waitJob(c, fitting); job.State != api.FitSucceeded || number(c) != 3 {
		t.Errorf("got %+v", job)
	}
}

// What cannot be put into service leaves the old model, and says why.
func TestServingFails(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	c := keeping(t, k, t.TempDir())
	first, second := c.Fit().FitID, c.Fit().FitID
	k.fault = errors.New("no worker would have it")
	if p := refused(c, http.MethodPost, modelPath(first, "/serve"), api.CodeInternal); !strings.Contains(p.Detail, "no worker would have it") {
		t.Error(p.Detail)
	}
	k.fault = nil
	if serving, err := c.Models.Serving(t.Context()); err != nil || serving != second || number(c) != 2 {
		t.Errorf("%s is in service: %v", serving, err)
	}
	m, err := c.Models.Get(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*models.Manifest){
		"pipeline":      func(m *models.Manifest) { m.Kind = "pipeline" },
		"other workers": func(m *models.Manifest) { m.Workers[0].Name = "w9" },
		"2 workers":     func(m *models.Manifest) { m.Workers = append(m.Workers, models.Worker{Name: "w2"}) },
	} {
		other := *m
		other.Workers, other.Parts = append([]models.Worker(nil), m.Workers...), nil
		change(&other)
		id := "other-" + strings.ReplaceAll(name, " ", "-")
		draft, err := c.Models.Draft(id)
		if err == nil {
			err = draft.Commit(t.Context(), &other)
		}
		if err != nil {
			t.Fatal(err)
		}
		if p := refused(c, http.MethodPost, modelPath(id, "/serve"), api.CodeModelUnsuited); !strings.Contains(p.Detail, name) || p.FitID != id {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// The model in service stays; another one goes, and its parts with it.
func TestStoredModelsAreRemoved(t *testing.T) {
	t.Parallel()
	c := keeping(t, &keeper{}, t.TempDir())
	first, second := c.Fit().FitID, c.Fit().FitID
	refused(c, http.MethodDelete, modelPath(second), api.CodeModelInUse)
	if status, body := c.Send(http.MethodDelete, modelPath(first), "", ""); status != http.StatusNoContent || body != "" {
		t.Errorf("status %d: %s", status, body)
	}
	refused(c, http.MethodDelete, modelPath(first), api.CodeNotFound)
	refused(c, http.MethodPost, modelPath(first, "/serve"), api.CodeNotFound)
	if number(c) != 2 {
		t.Error("the other one is gone too")
	}
	if list := ask[models.Listing](c, http.MethodGet, api.PathModels, "", 200).Models; len(list) != 1 {
		t.Errorf("got %+v", list)
	}
}

// A master without a store says so, and why; with one that it may only read, it reads.
func TestModelsThatAreNotKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := keeping(t, &keeper{}, dir)
	id := kept.Fit().FitID
	none := keeping(t, &keeper{}, dir)
	none.Models, none.Unkept = nil, "models.store is none"
	none.Over(&keeper{})
	none.Serve("workers: [{name: w1, learner: mean}]\n", none.Registry())
	for _, path := range []string{api.PathModels, modelPath(id)} {
		if p := refused(none, http.MethodGet, path, api.CodeModelsNotKept); !strings.Contains(p.Detail, "models.store is none") {
			t.Error(p.Detail)
		}
	}
	none.Fit()
	if st := none.Status(); st.Model != nil || !st.Fitted {
		t.Errorf("got %+v", st.Model)
	}
	reader := keeping(t, &keeper{}, t.TempDir())
	reader.Models, reader.Unkept = kept.Models, "program 7 has the store"
	reader.Over(&keeper{})
	reader.Serve("workers: [{name: w1, learner: mean}]\n", reader.Registry())
	fit := reader.Fit()
	ask[models.Detail](reader, http.MethodGet, modelPath(id), "", 200)
	if p := refused(reader, http.MethodDelete, modelPath(id), api.CodeModelsNotKept); !strings.Contains(p.Detail, "program 7 has the store") {
		t.Error(p.Detail)
	}
	served := ask[api.ServeResponse](reader, http.MethodPost, modelPath(id, "/serve"), "", 200)
	if served.Before != fit.FitID || len(served.Notes) != 1 || !strings.Contains(served.Notes[0], "program 7 has the store") {
		t.Errorf("got %+v", served)
	}
}

// waitJob waits for the end of a job.
func waitJob(c interface{ Status() api.MasterStatus }, id string) *api.FitJob {
	for {
		if job := c.Status().Fit; job.FitID == id && job.State != api.FitRunning {
			return job
		}
	}
}

var _ cluster.Master = (*keeper)(nil)
