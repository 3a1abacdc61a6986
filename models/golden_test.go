package models_test

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/prepare/table"
)

var update = flag.Bool("update", false, "write the golden store of a format that has none yet")

// goldenOf is where the store of a format is. One that is there is never written again: it is what users have.
func goldenOf(format int) string { return filepath.Join("testdata", fmt.Sprintf("format%d", format)) }

// makeGolden writes the store of this version's format.
func makeGolden(t *testing.T) {
	t.Helper()
	dir := goldenOf(models.FormatVersion)
	if _, err := os.Stat(dir); err == nil {
		t.Fatalf("%s is there already, and what is stored does not change", dir)
	}
	b, err := models.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := models.NewStore(b)
	keep(t, s, "fit-1", 0)
	score := models.Score{Name: "test.csv", At: noon, Result: &api.ScoreResponse{Task: "classification", Rows: 7, Baseline: 0.5}}
	err = errors.Join(s.Attach(t.Context(), "fit-1", score), s.SetServing(t.Context(), "fit-1"), s.Record(t.Context(), run("fit-1", 0)))
	if err != nil {
		t.Fatal(err)
	}
}

// What an earlier version has stored is read by this one, and means the same.
func TestGoldenStores(t *testing.T) {
	if *update {
		makeGolden(t)
	}
	for format := 1; format <= models.FormatVersion; format++ {
		b, err := models.OpenFolder(goldenOf(format))
		if err != nil {
			t.Fatal(err)
		}
		c, err := everything(t, models.NewStore(b))
		if err != nil || c.serving != "fit-1" || len(c.models) != 1 || !slices.Equal(c.parts, []string{tree}) || len(c.scores) != 1 || len(c.runs) != 1 {
			t.Fatalf("format %d: %+v, %v", format, c, err)
		}
		m := c.models[0]
		if m.Format != format || m.Seed != math.MaxUint64 || !m.Created.Equal(noon) || string(m.State) != `{"weights":[1,2]}` || m.Report.Rows != 3 ||
			m.Workers[0].Name != "tree1" || m.Parts[1].Refit != "its learner has no snapshots" {
			t.Errorf("format %d: %+v", format, m)
		}
		if want := []string{"age", "town=bonn", "town=ulm"}; !slices.Equal(m.Model.Features, want) || !slices.Equal(m.Model.Classes, []learner.Label{"no", "yes"}) {
			t.Errorf("format %d: %+v", format, m.Model)
		}
		rows := table.Rows{
			Columns: m.Model.Columns, X: mat.NewDense(2, 2, []float64{math.NaN(), math.NaN(), 40, math.NaN()}),
			Texts: []*table.Texts{nil, {Values: []string{"bonn", "ulm"}, Codes: []int32{1, 0}}},
		}
		x, err := m.Model.Preparation.Transform(t.Context(), rows)
		if err != nil || !mat.Equal(x, mat.NewDense(2, 3, []float64{25, 0, 1, 40, 1, 0})) {
			t.Errorf("format %d prepares rows as\n%v, %v", format, mat.Formatted(x), err)
		}
		if r := c.runs[0]; r.State != api.FitFailed || r.Seconds != 2.5 || r.Scores[0].Result.Rows != 7 {
			t.Errorf("format %d: %+v", format, r)
		}
	}
}
