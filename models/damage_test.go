package models_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/models"
)

// contents is what a reader finds in a store.
type contents struct {
	serving string
	models  []*models.Manifest
	parts   []string
	scores  []models.Score
	runs    []models.Run
}

// everything reads all of a store, and joins what it cannot.
func everything(t *testing.T, s *models.Store) (c contents, err error) {
	t.Helper()
	note := func(problem error) { err = errors.Join(err, problem) }
	var problem error
	c.serving, problem = s.Serving(t.Context())
	note(problem)
	c.models, problem = s.List(t.Context())
	note(problem)
	for _, m := range c.models {
		for _, p := range m.Parts {
			if p.Refit != "" {
				continue
			}
			text, problem := held(t, s, m, p)
			note(problem)
			c.parts = append(c.parts, text)
		}
		scores, problem := s.Scores(t.Context(), m.ID)
		note(problem)
		c.scores = append(c.scores, scores...)
	}
	c.runs, problem = s.Runs(t.Context())
	note(problem)
	return c, err
}

// small is a store with a file of each sort.
func small(tb testing.TB) (*models.Store, *memory) {
	tb.Helper()
	s, m := inMemory()
	keep(tb, s, "fit-1", 0)
	score := models.Score{Name: "test.csv", At: noon, Result: &api.ScoreResponse{Task: "classification", Rows: 7, Baseline: 0.5}}
	if err := errors.Join(s.Attach(tb.Context(), "fit-1", score), s.SetServing(tb.Context(), "fit-1"), s.Record(tb.Context(), run("fit-1", 0))); err != nil {
		tb.Fatal(err)
	}
	return s, m
}

// checkDamage compares what a damaged store says with what the whole one did: an error that names the file, in a
// type that a caller can tell, and nothing that differs from what was stored.
func checkDamage(t *testing.T, s *models.Store, m *memory, name, what string, whole contents) {
	t.Helper()
	got, err := everything(t, s)
	var damaged *models.DamagedError
	if !errors.As(err, &damaged) || damaged.File != m.Locate(name) || !strings.Contains(err.Error(), damaged.File) {
		t.Fatalf("%s, %s: %v", name, what, err)
	}
	for _, one := range got.models {
		if !slices.ContainsFunc(whole.models, func(w *models.Manifest) bool { return reflect.DeepEqual(w, one) }) {
			t.Fatalf("%s, %s: the manifest is %+v", name, what, one)
		}
	}
	if got.serving != "" && got.serving != whole.serving {
		t.Fatalf("%s, %s: serving %q", name, what, got.serving)
	}
	for _, r := range got.runs {
		if !slices.ContainsFunc(whole.runs, func(w models.Run) bool { return reflect.DeepEqual(w, r) }) {
			t.Fatalf("%s, %s: the record is %+v", name, what, r)
		}
	}
}

// Every byte of every file is altered, and every file is cut at every byte, or has one more.
func TestEveryDamagedByteIsFound(t *testing.T) {
	s, m := small(t)
	whole, err := everything(t, s)
	if err != nil || len(whole.models) != 1 || len(whole.parts) != 1 || len(whole.scores) != 1 || len(whole.runs) != 1 {
		t.Fatalf("%+v, %v", whole, err)
	}
	if len(m.objects) != 5 {
		t.Fatalf("%d files", len(m.objects))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for name, text := range m.objects {
		for i := range text {
			altered := bytes.Clone(text)
			altered[i] ^= byte(1 + random.IntN(255))
			m.objects[name] = altered
			checkDamage(t, s, m, name, "altered", whole)
			m.objects[name] = text[:i]
			checkDamage(t, s, m, name, "cut", whole)
		}
		m.objects[name] = append(bytes.Clone(text), '\n')
		checkDamage(t, s, m, name, "longer", whole)
		m.objects[name] = text
	}
	if again, err := everything(t, s); err != nil || !reflect.DeepEqual(again, whole) {
		t.Errorf("put right again: %v", err)
	}
}

// Larger files are damaged at random: bits turned, pieces lost, swapped, doubled, or filled with zeros as a crash does.
func TestRandomDamageIsFound(t *testing.T) {
	s, m := inMemory()
	random := rand.New(rand.NewPCG(3, 4))
	d, err := s.Draft("large")
	if err != nil {
		t.Fatal(err)
	}
	bits := make([]byte, 1<<18)
	for i := range bits {
		bits[i] = byte(random.Uint32())
	}
	part, err := d.Write(t.Context(), "tree1", says(string(bits)))
	if err != nil {
		t.Fatal(err)
	}
	manifest := manifest(t, 0)
	manifest.Parts = []models.Part{part}
	for range 3000 {
		manifest.Report.Notes = append(manifest.Report.Notes, strings.Repeat("note ", random.IntN(10)))
	}
	if err := d.Commit(t.Context(), manifest); err != nil {
		t.Fatal(err)
	}
	whole, err := everything(t, s)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range m.objects {
		for range 40 {
			i, j := random.IntN(len(text)), random.IntN(len(text))
			i, j = min(i, j), max(i, j)+1
			var altered []byte
			switch random.IntN(5) {
			case 0:
				altered = bytes.Clone(text)
				altered[i] ^= 1 << random.IntN(8)
			case 1:
				altered = slices.Concat(text[:i], text[j:])
			case 2:
				altered = slices.Concat(text[:i], make([]byte, j-i), text[j:])
			case 3:
				altered = slices.Concat(text[:j], text[i:])
			case 4:
				altered = slices.Concat(text[i:], text[:i])
			}
			if bytes.Equal(altered, text) {
				continue
			}
			m.objects[name] = altered
			checkDamage(t, s, m, name, "damaged", whole)
		}
		m.objects[name] = text
	}
}

// A part that is gone is damage too, which the list does not see, and reading does.
func TestAMissingPart(t *testing.T) {
	s, m := small(t)
	delete(m.objects, "fit-1/parts/tree1")
	_, err := everything(t, s)
	var damaged *models.DamagedError
	if !errors.As(err, &damaged) || damaged.File != m.Locate("fit-1/parts/tree1") || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// The files of one model do not pass for those of another.
func TestFilesDoNotPassForOthers(t *testing.T) {
	s, m := small(t)
	for from, to := range map[string]string{
		"fit-1/manifest.json": "fit-2/manifest.json", "runs/fit-1.json": "runs/fit-2.json", "fit-1/scores.json": "fit-2/scores.json",
	} {
		m.objects[to] = m.objects[from]
		_, get := s.Get(t.Context(), "fit-2")
		_, run := s.Run(t.Context(), "fit-2")
		_, scores := s.Scores(t.Context(), "fit-2")
		var damaged *models.DamagedError
		if err := errors.Join(get, run, scores); !errors.As(err, &damaged) || !strings.Contains(err.Error(), `"fit-1"`) {
			t.Errorf("%s: %v", to, err)
		}
		delete(m.objects, to)
	}
}
