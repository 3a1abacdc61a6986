package models_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/gochimera/chimera/models"
)

// A model comes back as it was stored, and is not there before its manifest is.
func TestAModelIsKept(t *testing.T) {
	s, dir := folder(t)
	d, err := s.Draft("fit-1")
	if err != nil {
		t.Fatal(err)
	}
	part, err := d.Write(t.Context(), "tree1", says("a tree"))
	if err != nil {
		t.Fatal(err)
	}
	var missing *models.NotFoundError
	if _, err := s.Get(t.Context(), "fit-1"); !errors.As(err, &missing) || missing.ID != "fit-1" {
		t.Errorf("before the manifest: %v", err)
	}
	m := manifest(t, 0)
	m.Parts = []models.Part{part}
	if err := d.Commit(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(t.Context(), "fit-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []*models.Manifest{m, got} { // a file is indented
		g.Workers[0].Params = nil
	}
	if !reflect.DeepEqual(got, m) {
		t.Errorf("got  %+v\nwant %+v", got, m)
	}
	if text, err := held(t, s, got, got.Parts[0]); text != "a tree" || err != nil {
		t.Errorf("the part: %q, %v", text, err)
	}
	if all, err := s.List(t.Context()); len(all) != 1 || err != nil {
		t.Errorf("listed: %v, %v", all, err)
	}
	if err := s.Remove(t.Context(), "fit-1"); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// A manifest that says something else than what was written makes no model.
func TestADraftIsComplete(t *testing.T) {
	s, dir := folder(t)
	d, err := s.Draft("fit-1")
	if err != nil {
		t.Fatal(err)
	}
	part, err := d.Write(t.Context(), "tree1", says("a tree"))
	if err != nil {
		t.Fatal(err)
	}
	other := part
	other.Size++
	for want, parts := range map[string][]models.Part{
		"part tree1 is not what was written": {other},
		"part tree2 is not what was written": {part, {Name: "tree2", SHA256: part.SHA256}},
		"two parts have the name":            {part, part},
		"want 64 hexadecimal digits":         {{Name: "tree1", SHA256: "abc"}},
		"fitted again, and has something":    {{Name: "tree1", SHA256: part.SHA256, Refit: "x"}},
	} {
		m := manifest(t, 0)
		m.Parts = parts
		if err := d.Commit(t.Context(), m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, name := range []string{"", "..", "a/b", ".x", "ü", `a\b`, "x.", strings.Repeat("x", 101)} {
		if _, err := d.Write(t.Context(), name, says("")); err == nil {
			t.Errorf("a part may be called %q", name)
		}
	}
	for _, id := range []string{"", "..", "a/b", "runs", "Runs", "serving.json", ".lock"} {
		if _, err := s.Draft(id); err == nil {
			t.Errorf("a fit may be called %q", id)
		}
	}
	m := manifest(t, 0)
	m.Parts = []models.Part{{Name: "tree1", Refit: "its learner has changed its mind"}}
	if err := d.Commit(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "fit-1")); len(left) != 1 || err != nil {
		t.Errorf("beside a manifest without stored parts: %v, %v", left, err)
	}
}

// What is wrong with a manifest is found before it is stored, by the same rules as when it is read.
func TestManifestsAreChecked(t *testing.T) {
	for want, spoil := range map[string]func(*models.Manifest){
		"its format is 2, and this version of Chimera reads up to 1": func(m *models.Manifest) { m.Format = 2 },
		"its format is 0":                 func(m *models.Manifest) { m.Format = 0 },
		`"" is not the ID of a fit`:       func(m *models.Manifest) { m.ID = "" },
		"which kind of master":            func(m *models.Manifest) { m.Kind = "" },
		`worker 2 has the name "../x"`:    func(m *models.Manifest) { m.Workers[1].Name = "../x" },
		`two workers have the name`:       func(m *models.Manifest) { m.Workers[1].Name = "TREE1" },
		"has -1 rows":                     func(m *models.Manifest) { m.Workers[0].Rows = -1 },
		"unknown task":                    func(m *models.Manifest) { m.Model.Task = "guess" },
		"0 features":                      func(m *models.Manifest) { m.Model.Features = nil },
		"two features":                    func(m *models.Manifest) { m.Model.Features[1] = m.Model.Features[0] },
		"is not UTF-8":                    func(m *models.Manifest) { m.Model.Classes[1] = "\xff" },
		"twice":                           func(m *models.Manifest) { m.Model.Classes[1] = "no" },
		"a classification has no classes": func(m *models.Manifest) { m.Model.Classes = nil },
		"a regression has 2 classes":      func(m *models.Manifest) { m.Model.Task = "regression" },
		"its baseline has 1 numbers":      func(m *models.Manifest) { m.Model.Baseline = m.Model.Baseline[:1] },
		"1 first rows for 2 workers":      func(m *models.Manifest) { m.Model.FirstRows = m.Model.FirstRows[:1] },
		"and no preparation":              func(m *models.Manifest) { m.Model.Preparation = nil },
		"version 99":                      func(m *models.Manifest) { m.Model.Preparation.Version = 99 },
		"its columns are not those":       func(m *models.Manifest) { m.Model.Columns = m.Model.Columns[:1] },
		"its features are not those":      func(m *models.Manifest) { m.Model.Features[0] = "other" },
		"the question is missing":         func(m *models.Manifest) { m.Model.Question = nil },
		"is about other columns":          func(m *models.Manifest) { m.Model.Question.Columns = []string{"a", "b"} },
		"has -1 bytes":                    func(m *models.Manifest) { m.Parts = []models.Part{{Name: "tree1", Size: -1, Refit: ""}} },
		"NaN":                             func(m *models.Manifest) { m.State = []byte("NaN") },
	} {
		m := manifest(t, 0)
		m.Format, m.ID = models.FormatVersion, "fit-1"
		if _, err := m.Encode(); err != nil {
			t.Fatal(err)
		}
		spoil(m)
		if _, err := m.Encode(); err == nil || !strings.Contains(err.Error(), want) && want != "NaN" {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// What cannot be written leaves what was there, says what to do, and no temporary file.
func TestAFullDisk(t *testing.T) {
	s, dir := folder(t)
	keep(t, s, "old", 0)
	for err, want := range map[error]string{
		syscall.ENOSPC: "the disk is full: make room", syscall.EROFS: "is read-only: name a folder", syscall.EDQUOT: "quota", syscall.EACCES: "permissions",
	} {
		d, problem := s.Draft("new")
		if problem != nil {
			t.Fatal(problem)
		}
		_, problem = d.Write(t.Context(), "tree1", func(w io.Writer) error {
			if _, err := io.WriteString(w, "half"); err != nil {
				return err
			}
			return &fs.PathError{Op: "write", Path: "tree1", Err: err}
		})
		if !errors.Is(problem, err) || !strings.Contains(problem.Error(), want) {
			t.Errorf("got %v, want %s", problem, want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "old" {
		t.Errorf("left: %v", left)
	}
	if all, err := s.List(t.Context()); len(all) != 1 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
}

// A write ends with its context.
func TestAWriteIsCancelled(t *testing.T) {
	s, dir := folder(t)
	d, err := s.Draft("new")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	_, err = d.Write(ctx, "tree1", func(w io.Writer) error {
		for n := 0; ; n++ {
			if n == 3 {
				cancel(enough)
			}
			if _, err := io.WriteString(w, "more"); err != nil {
				return err
			}
		}
	})
	if !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestServing(t *testing.T) {
	s, dir := folder(t)
	for _, id := range []string{"", "fit-1", "fit-2", ""} {
		if err := s.SetServing(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Serving(t.Context()); got != id || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, id)
		}
	}
	if err := s.SetServing(t.Context(), "a/b"); err == nil {
		t.Error("a path is served")
	}
	if err := os.Remove(filepath.Join(dir, "serving.json")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Serving(t.Context()); got != "" || err != nil {
		t.Errorf("without a file: %q, %v", got, err)
	}
}
