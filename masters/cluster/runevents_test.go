package cluster_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/models"
)

// kindsOf are the kinds of the events of a fit, after it has checked that all are of it and in order.
func kindsOf(c *mastertest.Cluster, word string) string {
	c.T.Helper()
	status, text := c.Send(http.MethodGet, api.PathRuns+"/"+word+"/events", "", "")
	if status != http.StatusOK || !strings.HasSuffix(text, "\n") {
		c.T.Fatalf("%d: %s", status, text)
	}
	var kinds []string
	seq := 0
	for line := range strings.Lines(text) {
		var e struct {
			Seq  int    `json:"seq"`
			Time string `json:"time"`
			Kind string `json:"kind"`
			Of   struct {
				FitID string `json:"fit_id"`
			} `json:"event"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Seq <= seq || e.Time == "" || !strings.HasPrefix(e.Of.FitID, word) && word != "latest" {
			c.T.Errorf("%s: %v", line, err)
		}
		seq = e.Seq
		kinds = append(kinds, e.Kind)
	}
	return strings.Join(kinds, " ")
}

// The events of a fit can be read while it runs, when it has ended, and after a restart, however it ended.
func TestEventsOfFitsAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := &keeper{}
	c := keeping(t, k, dir)
	refused(c, http.MethodGet, api.PathRuns+"/latest/events", api.CodeNotFound)
	fitted := c.Fit().FitID
	k.fault = errors.New("the rows are upside down")
	c.Problem(c.Paths().Fit, "", http.StatusInternalServerError)
	failed := c.Status().Fit.FitID
	k.fault, k.begun, k.gate = nil, make(chan string, 1), make(chan struct{})
	ask[api.FitResponse](c, http.MethodPost, c.Paths().Fit+"?wait=false", "", 202)
	cancelled := <-k.begun
	if got := kindsOf(c, cancelled); got != "fit_started" {
		t.Errorf("of the fit that runs: %s", got)
	}
	ask[api.CommitResponse](c, http.MethodDelete, api.PathFit, "", 202)
	waitJob(c, cancelled)
	check := func() {
		t.Helper()
		for word, want := range map[string]string{
			fitted: "fit_started fit_committed", failed: "fit_started fit_failed", cancelled: "fit_started fit_cancelled", "latest": "fit_started fit_cancelled",
			fitted[:len(fitted)-1]: "fit_started fit_committed",
		} {
			if got := kindsOf(c, word); got != want {
				t.Errorf("%s: %s, want %s", word, got, want)
			}
		}
	}
	c.Stop() // it waits until the events are written
	c = keeping(t, &keeper{}, dir)
	check()
	if fit := c.Fit(); kindsOf(c, fit.FitID) != "fit_started fit_committed" {
		t.Error("of a fit after the restart")
	}
	if p := refused(c, http.MethodGet, api.PathRuns+"/none/events", api.CodeNotFound); !strings.Contains(p.Detail, "none") {
		t.Error(p.Detail)
	}
	files, err := filepath.Glob(filepath.Join(dir, "runs", "*.events.jsonl"))
	if err != nil || len(files) < 3 {
		t.Errorf("%v, %v", files, err)
	}
}

// full is a bucket in which there is no room for events.
type full struct{ models.Bucket }

func (b full) Write(ctx context.Context, name string, write func(io.Writer) error) error {
	if strings.HasSuffix(name, ".events.jsonl") {
		return errors.New("no space left on device")
	}
	return b.Bucket.Write(ctx, name, write)
}

// A fit is no worse for events that cannot be kept: who asks for them later is told so.
func TestAFullDiskFailsNoFit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bucket, err := models.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := mastertest.New(t, &keeper{})
	c.Models = models.NewStore(full{bucket})
	c.Add("w1", http.NotFoundHandler)
	c.Serve("workers: [{name: w1, learner: mean}]\n", c.Registry())
	first := c.Fit().FitID
	if got := kindsOf(c, first); got != "fit_started fit_committed" {
		t.Errorf("the latest fit is still in memory: %s", got)
	}
	c.Fit()
	if p := refused(c, http.MethodGet, api.PathRuns+"/"+first+"/events", api.CodeNotFound); !strings.Contains(p.Detail, "could not be written") {
		t.Error(p.Detail)
	}
	if number(c) != 2 {
		t.Error("the second fit does not serve")
	}
}

// A master that keeps no models has the events of its latest fit.
func TestEventsOfAMasterWithoutAStore(t *testing.T) {
	t.Parallel()
	c := mastertest.New(t, &keeper{})
	c.Add("w1", http.NotFoundHandler)
	c.Serve("workers: [{name: w1, learner: mean}]\n", c.Registry())
	refused(c, http.MethodGet, api.PathRuns+"/latest/events", api.CodeModelsNotKept)
	id := c.Fit().FitID
	for _, word := range []string{id, "latest"} {
		if got := kindsOf(c, word); got != "fit_started fit_committed" {
			t.Errorf("%s: %s", word, got)
		}
	}
}
