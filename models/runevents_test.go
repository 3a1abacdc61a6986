package models_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/models"
)

// eventsOf are the events that a store keeps of a fit.
func eventsOf(t *testing.T, s *models.Store, id string) (string, error) {
	t.Helper()
	r, err := s.Events(t.Context(), id)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), errors.Join(err, r.Close())
}

// Events are kept beside the record of their fit, and are no record themselves.
func TestRunEvents(t *testing.T) {
	s, dir := folder(t)
	if _, err := eventsOf(t, s, "a"); !errors.As(err, new(*models.NotFoundError)) {
		t.Errorf("of no fit: %v", err)
	}
	if err := s.Record(t.Context(), run("a", 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := eventsOf(t, s, "a"); !errors.As(err, new(*models.NoEventsError)) || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("of a fit without any: %v", err)
	}
	const lines = "{\"seq\":1}\n{\"seq\":2}\n"
	if err := s.RecordEvents(t.Context(), "a", []byte(lines)); err != nil {
		t.Fatal(err)
	}
	if got, err := eventsOf(t, s, "a"); got != lines || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for _, id := range []string{"..", "a/b", ""} {
		if err := s.RecordEvents(t.Context(), id, []byte(lines)); err == nil {
			t.Errorf("%q was written in %s", id, dir)
		}
	}
	if all, err := s.Runs(t.Context()); len(all) != 1 || err != nil {
		t.Errorf("%d runs, %v", len(all), err)
	}
	if id, err := s.FindRun(t.Context(), "a"); id != "a" || err != nil {
		t.Errorf("found %q, %v", id, err)
	}
}

// Events go with the record of their fit, and those without one go too. Records of models that are there stay, with theirs.
func TestPruneRemovesEventsWithTheirRuns(t *testing.T) {
	s, m := inMemory()
	const most = 1000
	keep(t, s, "model", 0)
	record := func(id string, minutes int) {
		if err := s.Record(t.Context(), run(id, minutes)); err != nil {
			t.Fatal(err)
		}
		if err := s.RecordEvents(t.Context(), id, []byte("{}\n")); err != nil {
			t.Fatal(err)
		}
	}
	record("model", 0)
	for i := range most + 3 {
		record(fmt.Sprintf("f%04d", i), i)
	}
	if err := s.RecordEvents(t.Context(), "orphan", []byte("{}\n")); err != nil {
		t.Fatal(err)
	}
	s.SetNow(noon.Add(time.Minute))
	if err := s.Prune(t.Context(), models.Keep{}); err != nil {
		t.Fatal(err)
	}
	objects, err := m.List(t.Context(), "runs/")
	if err != nil {
		t.Fatal(err)
	}
	var records, events []string
	for _, o := range objects {
		name := strings.TrimPrefix(o.Name, "runs/")
		if id, is := strings.CutSuffix(name, ".events.jsonl"); is {
			events = append(events, id)
		} else {
			records = append(records, strings.TrimSuffix(name, ".json"))
		}
	}
	if len(records) != most+1 || !slices.Equal(records, events) || !slices.Contains(records, "model") {
		t.Errorf("there are %d records and %d files of events", len(records), len(events))
	}
}
