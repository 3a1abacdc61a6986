package stored_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/cmd/chimera/internal/stored"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/models"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// manifest is that of a regression with two workers.
func manifest(id string) *models.Manifest {
	return &models.Manifest{
		Format: models.FormatVersion, ID: id, Created: noon, Project: "p", Kind: "aggregation", Version: "v1", Go: "go1",
		Workers: []models.Worker{
			{Name: "w1", Learner: "tree-regressor", Params: json.RawMessage(`{"max_depth":3}`), Rows: 10, RowsSum: "aa"},
			{Name: "w2", Learner: "tree-regressor", Params: json.RawMessage(`{"max_depth":3}`), Rows: 20, RowsSum: "bb"},
		},
		Model:  models.Model{Task: learner.Regression, Features: []string{"x", "y"}, Rows: 30},
		Report: &api.FitResponse{Seconds: 1.5},
	}
}

func scored(id string, r2 float64) models.Score {
	const name = "june"
	return models.Score{Name: name, At: noon, Result: &api.ScoreResponse{
		FitID: id, Task: learner.Regression, Rows: 5, Regression: &metrics.Regression{R2: r2}, Members: []api.WorkerScore{},
	}}
}

// What differs is listed, in the order of the manifest; what is the same is not.
func TestDiff(t *testing.T) {
	a, b := &models.Detail{Manifest: manifest("a"), Settings: json.RawMessage(`{"quorum":1,"deep":{"x":"mean"}}`)}, &models.Detail{Manifest: manifest("b")}
	if d := stored.Diff(a, b); len(d) != 0 {
		t.Errorf("the same model differs: %+v", d)
	}
	b.Settings = json.RawMessage(`{"quorum":2,"deep":{"x":"median"}}`)
	m := b.Manifest
	m.Model.Features, m.Model.Rows, m.Seed = []string{"x", "z"}, 31, 7
	m.Workers[1].Params, m.Workers[1].Rows, m.Workers[1].RowsSum = json.RawMessage(`{"max_depth":4,"min_samples_leaf":2}`), 21, "cc"
	m.Report.Prepared = []api.PreparedColumn{{Name: "z", Kind: "categorical", Done: "one-hot"}}
	a.Scores, b.Scores = []models.Score{scored("a", 0.5), scored("a", 0.25)}, []models.Score{scored("b", 0.75)}
	want := []stored.Difference{
		{"model", "rows", "30", "31"}, {"model", "seed", "0", "7"},
		{"worker w2", "rows", "20", "21"}, {"worker w2", "checksum of rows", "bb", "cc"},
		{"worker w2", "params.max_depth", "3", "4"}, {"worker w2", "params.min_samples_leaf", "-", "2"},
		{"settings", "deep.x", "mean", "median"}, {"settings", "quorum", "1", "2"},
		{"columns", "y", "there", "-"}, {"columns", "z", "-", "there"},
		{"scores", "june", "r2 0.25", "r2 0.75"},
		{"preparation", "z", "-", "categorical, one-hot"},
	}
	if diff := cmp.Diff(want, stored.Diff(a, b)); diff != "" {
		t.Error(diff)
	}
	var out bytes.Buffer
	if err := stored.WriteDiff(&out, a, b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"worker w2    rows", "settings     deep.x", "mean", "median"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q is missing in\n%s", line, &out)
		}
	}
}

func history() *models.History {
	loss := func(v float64) *float64 { return &v }
	return &models.History{Runs: []models.RunSummary{
		{ID: "a", Kind: "k", State: api.FitSucceeded, Started: noon, Seconds: 2, Loss: loss(0.5), Settings: json.RawMessage(`{"alpha":1,"same":0}`), Kept: true,
			Learners: []models.Use{{Learner: "sgd", Params: json.RawMessage(`{"eta0":0.1}`), Workers: 2}}, Workers: 2, Of: 2, Rows: 9,
			Scores: []models.Mark{{Name: "june", Metric: "r2", Score: 0.1}}},
		{ID: "b", Kind: "k", State: api.FitFailed, Started: noon.Add(time.Hour), Seconds: 1, Error: "no, \"really\"",
			Settings: json.RawMessage(`{"alpha":2,"same":0}`)},
		{ID: "c", Kind: "k", State: api.FitSucceeded, Started: noon.Add(2 * time.Hour), Seconds: 3, Loss: loss(0.25),
			Settings: json.RawMessage(`{"alpha":1,"same":0}`),
			Scores:   []models.Mark{{Name: "june", Metric: "r2", Score: 0.9}}},
	}}
}

// Each column has the best, or the newest, first; what has no number comes last.
func TestSort(t *testing.T) {
	for column, want := range map[string]string{"started": "cba", "loss": "cab", "score": "cab", "seconds": "bac", "id": "abc", "state": "bac", "rows": "abc"} {
		h := history()
		if err := stored.Sort(h, column, false, 0); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range h.Runs {
			got += r.ID
		}
		if got != want {
			t.Errorf("by %s: %s, want %s", column, got, want)
		}
	}
	h := history()
	if err := stored.Sort(h, "started", true, 2); err != nil || len(h.Runs) != 2 || h.Runs[0].ID != "a" {
		t.Errorf("got %v, %+v", err, h.Runs)
	}
	if err := stored.Sort(h, "luck", false, 0); err == nil || !strings.Contains(err.Error(), "started") {
		t.Error(err)
	}
}

// The table has the settings that differ, and the CSV file all of them.
func TestRunsAreWritten(t *testing.T) {
	var table, file bytes.Buffer
	if err := errors.Join(stored.WriteRuns(&table, history()), stored.WriteCSV(&file, history())); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"alpha=1", "alpha=2", "sgd(eta0=0.1)", "r2 0.9000 (june)", "0.25", "removed", "kept", "2 of 2"} {
		if !strings.Contains(table.String(), text) {
			t.Errorf("%q is missing in\n%s", text, &table)
		}
	}
	if strings.Contains(table.String(), "same=") {
		t.Errorf("a setting that is the same in all is in\n%s", &table)
	}
	rows, err := csv.NewReader(&file).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v: %d rows", err, len(rows))
	}
	at := func(row int, column string) string { return rows[row][slices.Index(rows[0], column)] }
	if at(1, "settings") != "alpha=1 same=0" || at(2, "error") != `no, "really"` || at(2, "loss") != "" ||
		at(3, "score") != "0.9" || at(3, "started") != "2026-11-29T14:00:00.000Z" {
		t.Errorf("got %v", rows)
	}
}

// A picture has a curve for each fit with losses and one for each name of scores; with neither there is none.
func TestPlot(t *testing.T) {
	run := func(id string, loss ...float64) *models.Run {
		r := &models.Run{ID: id, Started: noon}
		if len(loss) > 0 {
			r.Report = &api.FitResponse{Training: &api.Training{Loss: loss}}
		}
		return r
	}
	a, b, c := run("fit-a", 3, 2, 1), run("fit-b"), run("fit-c", slices.Repeat([]float64{1, 2}, 5000)...)
	b.Started, b.Scores = noon.Add(time.Hour), []models.Score{scored("fit-b", 0.5)}
	var svg bytes.Buffer
	if err := stored.Plot(&svg, "svg", []*models.Run{a, b, c}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"fit-a", "fit-c", "june", "loss of each step", "scores of held-out rows", "2026-11-29"} {
		if !strings.Contains(svg.String(), text) {
			t.Errorf("%q is not in the picture", text)
		}
	}
	if strings.Contains(svg.String(), "fit-b") || svg.Len() > 500_000 {
		t.Errorf("a fit without losses has a curve, or the picture is large (%d bytes)", svg.Len())
	}
	if err := stored.Plot(&svg, "svg", []*models.Run{run("fit-d")}); err == nil || !strings.Contains(err.Error(), "nothing to draw") {
		t.Error(err)
	}
	if err := stored.Plot(&svg, "gif", nil); err == nil {
		t.Error("gif is drawn")
	}
}

// Without a master, the store itself is changed, by one program at a time.
func TestLocal(t *testing.T) {
	dir := t.TempDir()
	local := func() *stored.Local {
		s, err := models.Open(t.Context(), "", dir)
		if err != nil {
			t.Fatal(err)
		}
		return &stored.Local{Store: s}
	}
	empty := local()
	if list, err := empty.Models(t.Context()); err != nil || len(list.Models) != 0 {
		t.Errorf("an empty store: %+v, %v", list, err)
	}
	if h, err := empty.Runs(t.Context()); err != nil || len(h.Runs) != 0 {
		t.Errorf("an empty store: %+v, %v", h, err)
	}
	empty.Close()
	writer := local()
	if err := writer.Store.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"model-1", "model-2"} {
		d, err := writer.Store.Draft(id)
		if err == nil {
			err = d.Commit(t.Context(), manifest(id))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	other := local()
	if _, err := other.ServeModel(t.Context(), "model-1"); err == nil {
		t.Error("two programs write")
	}
	writer.Close()
	served, err := other.ServeModel(t.Context(), "model-1")
	if err != nil || served.ID != "model-1" || served.Before != "" || len(served.Notes) != 1 {
		t.Fatalf("got %+v, %v", served, err)
	}
	if err := other.RemoveModel(t.Context(), "serving"); !errors.Is(err, stored.ErrInUse) {
		t.Error(err)
	}
	if err := other.RemoveModel(t.Context(), "model-2"); err != nil {
		t.Error(err)
	}
	var unknown *models.UnknownError
	if _, err := other.Model(t.Context(), "model-2"); !errors.As(err, &unknown) {
		t.Error(err)
	}
	d, err := other.Model(t.Context(), "latest")
	if err != nil || !d.Serving {
		t.Fatalf("got %+v, %v", d, err)
	}
	var shown bytes.Buffer
	if err := stored.WriteModel(&shown, d); err != nil || !strings.Contains(shown.String(), "max_depth=3") || !strings.Contains(shown.String(), "in service") {
		t.Errorf("%v:\n%s", err, &shown)
	}
	other.Close()
}
