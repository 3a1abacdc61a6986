package models_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gochimera/chimera/models"
)

// A word stands for one model, or the error names those that it may stand for.
func TestFind(t *testing.T) {
	t.Parallel()
	bucket, err := models.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := models.NewStore(bucket)
	for word, says := range map[string]string{"x": "and no other", models.Latest: "and no other", models.InService: "and no other", "": "and no other"} {
		var unknown *models.UnknownError
		if _, err := s.Find(t.Context(), word); !errors.As(err, &unknown) || !strings.Contains(err.Error(), says) {
			t.Errorf("an empty store, %q: %v", word, err)
		}
	}
	ids := []string{"20260101T000000.000-aa", "20260102T000000.000-bb", "20260103T000000.000-cc"}
	for i, id := range ids {
		keep(t, s, id, 10-i) // the last one came from elsewhere, and is the oldest
	}
	if err := s.SetServing(t.Context(), ids[1]); err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{ids[0]: ids[0], "20260103": ids[2], models.Latest: ids[0], models.InService: ids[1]} {
		if id, err := s.Find(t.Context(), word); err != nil || id != want {
			t.Errorf("%s is %s (%v), want %s", word, id, err, want)
		}
	}
	for word, says := range map[string]string{
		"2026010":                `beginning of the IDs of 3 stored models: ` + strings.Join(ids, ", ") + "; say more",
		"20260102T000000.000-bc": "the nearest IDs are " + ids[1],
		"other":                  "the nearest IDs are " + ids[2] + ", " + ids[1] + ", " + ids[0],
		"":                       "the nearest IDs are ",
	} {
		if _, err := s.Find(t.Context(), word); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", word, err)
		}
	}
	if err := s.SetServing(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Find(t.Context(), models.InService); err == nil || !strings.Contains(err.Error(), "no stored model is in service") {
		t.Error(err)
	}
}

// Workers with the same learner and parameters are one line, whatever the spaces in the parameters.
func TestUses(t *testing.T) {
	uses := models.Uses([]models.Worker{
		{Learner: "tree", Params: []byte(`{"max_depth": 3}`)}, {Learner: "tree", Params: []byte(`{"max_depth":3}`)}, {Learner: "tree"},
		{Learner: "tree", Params: []byte(`{}`)}, {Learner: "forest", Params: []byte("null")},
	})
	if len(uses) != 3 || uses[0].Workers != 2 || string(uses[0].Params) != `{"max_depth":3}` || uses[1].Workers != 2 || uses[1].Params != nil ||
		uses[2].Learner != "forest" {
		t.Errorf("got %+v", uses)
	}
}
