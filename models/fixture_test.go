package models_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// noon is when the first model of a test was made.
var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// manifest is what a master says of a model that was fitted so many minutes past noon, on rows that were prepared. It has no parts yet.
func manifest(tb testing.TB, minutes int) *models.Manifest {
	tb.Helper()
	columns := []string{"age", "town"}
	rows := table.Rows{
		Columns: columns, X: mat.NewDense(3, 2, []float64{20, math.NaN(), 30, math.NaN(), math.NaN(), math.NaN()}),
		Texts: []*table.Texts{nil, {Values: []string{"ulm", "bonn"}, Codes: []int32{0, 1, 0}}},
	}
	q := prepare.Question{Columns: columns, Texts: []string{"town"}, Needs: prepare.Needs{Complete: true}, Seed: 7}
	summary, err := prepare.Summarise(tb.Context(), q, rows, nil)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := prepare.Agree(q, []*prepare.Summary{summary})
	if err != nil {
		tb.Fatal(err)
	}
	return &models.Manifest{
		Created: noon.Add(time.Duration(minutes) * time.Minute), Project: "towns", Kind: "aggregation", Version: "v1.2.3", Go: "go1.26",
		Seed: math.MaxUint64, ConfigHash: "abc", State: json.RawMessage(`{"weights":[1,2]}`),
		Workers: []models.Worker{{Name: "tree1", Learner: "tree-classifier", Params: json.RawMessage(`{"max_depth":3}`), Rows: 3}, {Name: "tree2"}},
		Model: models.Model{
			Task: learner.Classification, Features: p.Features(), Classes: []learner.Label{"no", "yes"}, Baseline: []float64{1, 2}, Rows: 3,
			Columns: columns, Preparation: p, Question: &q, FirstRows: []uint64{0, 3}, Centers: map[string]float64{"age": 25},
		},
		Report: &api.FitResponse{Fit: "ok", Seconds: 0.25, Rows: 3, Classes: []learner.Label{"no", "yes"}},
	}
}

// tree is what a worker holds of a model.
const tree = "a tree of a few bytes"

// keep stores a model, of which one worker holds a tree and the other is fitted again.
func keep(tb testing.TB, s *models.Store, id string, minutes int) *models.Manifest {
	tb.Helper()
	d, err := s.Draft(id)
	if err != nil {
		tb.Fatal(err)
	}
	part, err := d.Write(tb.Context(), "tree1", says(tree))
	if err != nil {
		tb.Fatal(err)
	}
	m := manifest(tb, minutes)
	m.Parts = []models.Part{part, {Name: "tree2", Refit: "its learner has no snapshots"}}
	if err := d.Commit(tb.Context(), m); err != nil {
		tb.Fatal(err)
	}
	return m
}

// says writes a text.
func says(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// held is what a part has.
func held(t *testing.T, s *models.Store, m *models.Manifest, part models.Part) (string, error) {
	t.Helper()
	r, err := s.Open(t.Context(), m, part)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	if problem := r.Close(); problem != nil {
		t.Error(problem)
	}
	return string(text), err
}

// folder is an empty store in a folder of its own.
func folder(t *testing.T) (s *models.Store, dir string) {
	t.Helper()
	dir = t.TempDir()
	b, err := models.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return models.NewStore(b), dir
}

// run is the record of a fit that was begun so many minutes past noon.
func run(id string, minutes int) models.Run {
	return models.Run{
		ID: id, Kind: "aggregation", State: api.FitFailed, Started: noon.Add(time.Duration(minutes) * time.Minute), Seconds: 2.5,
		Error: fmt.Sprintf("worker tree1 failed in minute %d", minutes), Workers: []models.Worker{{Name: "tree1", Rows: 3}},
	}
}
