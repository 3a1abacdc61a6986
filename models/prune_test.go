package models_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/models"
)

// ids are the IDs of the models in a store, the newest first.
func ids(t *testing.T, s *models.Store) []string {
	t.Helper()
	all, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range all {
		list = append(list, m.ID)
	}
	return list
}

func TestPrune(t *testing.T) {
	for _, c := range []struct {
		keep    models.Keep
		serving string
		named   []string
		want    []string
	}{
		{models.Keep{}, "", nil, []string{"e", "d", "c", "b", "a"}},
		{models.Keep{Newest: 2}, "", nil, []string{"e", "d"}},
		{models.Keep{Newest: 2}, "a", nil, []string{"e", "d", "a"}},
		{models.Keep{Newest: 2}, "e", []string{"b"}, []string{"e", "d", "b"}},
		{models.Keep{Newest: 9}, "", nil, []string{"e", "d", "c", "b", "a"}},
		{models.Keep{Age: 150 * time.Second}, "", nil, []string{"e", "d", "c"}},
		{models.Keep{Age: time.Nanosecond}, "b", nil, []string{"e", "b"}},
	} {
		s, _ := inMemory()
		for i, id := range []string{"a", "b", "c", "d", "e"} {
			keep(t, s, id, i)
		}
		s.SetNow(noon.Add(4 * time.Minute))
		if err := s.SetServing(t.Context(), c.serving); err != nil {
			t.Fatal(err)
		}
		if err := s.Prune(t.Context(), c.keep, c.named...); err != nil {
			t.Fatal(err)
		}
		if got := ids(t, s); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c, got, c.want)
		}
	}
}

// If nobody knows which model is in service, any may be, and none is removed. One that is damaged is left too.
func TestPruneRemovesNothingInDoubt(t *testing.T) {
	s, dir := folder(t)
	for i, id := range []string{"a", "b", "c"} {
		keep(t, s, id, i)
	}
	damage(t, filepath.Join(dir, "a", "manifest.json"))
	if err := s.Prune(t.Context(), models.Keep{Newest: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a", "parts", "tree1")); err != nil {
		t.Errorf("a damaged model: %v", err)
	}
	keep(t, s, "d", 3)
	if err := s.SetServing(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	damage(t, filepath.Join(dir, "serving.json"))
	if err := s.Prune(t.Context(), models.Keep{Newest: 1}); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "serving.json")) {
		t.Errorf("got %v", err)
	}
	for _, id := range []string{"c", "d"} {
		if _, err := s.Get(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
}

// damage turns a bit in the middle of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Scores are bounded, join the record of their fit, and outlive the model in it.
func TestScores(t *testing.T) {
	s, _ := inMemory()
	keep(t, s, "a", 0)
	if err := s.Record(t.Context(), run("a", 0)); err != nil {
		t.Fatal(err)
	}
	score := models.Score{Name: "test.csv", At: noon, Result: &api.ScoreResponse{Task: "classification", Rows: 7}}
	for i := range models.MostScores + 2 {
		score.At = noon.Add(time.Duration(i) * time.Second)
		if err := s.Attach(t.Context(), "a", score); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Scores(t.Context(), "a")
	if err != nil || len(got) != models.MostScores || !got[0].At.Equal(noon.Add(2*time.Second)) || got[0].Result.Rows != 7 {
		t.Errorf("%d scores, the first of %v, %v", len(got), got[0].At, err)
	}
	if err := s.Attach(t.Context(), "b", score); err == nil {
		t.Error("a model that is not there has got a score")
	}
	if err := s.Attach(t.Context(), "a", models.Score{Name: "x"}); err == nil {
		t.Error("a score without a result")
	}
	keep(t, s, "b", 1)
	if err := s.Prune(t.Context(), models.Keep{Newest: 1}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Run(t.Context(), "a")
	if err != nil || len(r.Scores) != models.MostScores {
		t.Errorf("the record has %d scores, %v", len(r.Scores), err)
	}
	if left, err := s.Scores(t.Context(), "a"); len(left) != 0 || err != nil {
		t.Errorf("%d scores of no model, %v", len(left), err)
	}
}

// Records are listed from the newest on; what is damaged is named beside them.
func TestRuns(t *testing.T) {
	s, dir := folder(t)
	for i, id := range []string{"a", "c", "b"} {
		if err := s.Record(t.Context(), run(id, i)); err != nil {
			t.Fatal(err)
		}
	}
	damage(t, filepath.Join(dir, "runs", "a.json"))
	all, err := s.Runs(t.Context())
	if len(all) != 2 || all[0].ID != "b" || all[1].ID != "c" || all[0].Error != "worker tree1 failed in minute 2" {
		t.Errorf("got %+v", all)
	}
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "runs", "a.json")) {
		t.Errorf("got %v", err)
	}
	bad := run("d", 0)
	bad.State = api.FitRunning
	if err := s.Record(t.Context(), bad); err == nil || !strings.Contains(err.Error(), `"running"`) {
		t.Errorf("the record of a running fit: %v", err)
	}
}

// Records without a model are bounded; the oldest go.
func TestRunsAreBounded(t *testing.T) {
	s, dir := folder(t)
	if err := os.Mkdir(filepath.Join(dir, "runs"), 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range models.MostRuns + 3 {
		path := filepath.Join(dir, "runs", fmt.Sprintf("fit-%d.json", i))
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, noon, noon.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	keep(t, s, "fit-1", 0)
	if err := s.Prune(t.Context(), models.Keep{Newest: 1}); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "runs"))
	if err != nil || len(left) != models.MostRuns+1 {
		t.Errorf("%d are left, %v", len(left), err)
	}
	for name, want := range map[string]bool{"fit-0": false, "fit-1": true, "fit-2": false, "fit-3": true} {
		if _, err := os.Stat(filepath.Join(dir, "runs", name+".json")); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The parts of a fit that was interrupted go, unless it goes on. Nothing else does.
func TestSweep(t *testing.T) {
	s, dir := folder(t)
	keep(t, s, "whole", 0)
	if err := s.Record(t.Context(), run("gone", 0)); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"gone", "goes-on"} {
		d, err := s.Draft(id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Write(t.Context(), "tree1", says(tree)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "notes", "mine"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes", "mine", "x.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(t.Context(), "goes-on"); err != nil {
		t.Fatal(err)
	}
	var left []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			left = append(left, filepath.ToSlash(rel))
		}
		return err
	})
	want := []string{"goes-on/parts/tree1", "notes/mine/x.txt", "runs/gone.json", "whole/manifest.json", "whole/parts/tree1"}
	if err != nil || !slices.Equal(left, want) {
		t.Errorf("left: %v, %v", left, err)
	}
}
