package master_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
)

// eventsFile is the file of the events of a fit, in a project's folder.
func eventsFile(t *testing.T, dir, fitID string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "chimera_checkpoints", "*", fitID))
	if err != nil || len(found) != 1 {
		t.Fatalf("the folder of the fit: %v, %v", found, err)
	}
	return filepath.Join(found[0], "events.jsonl")
}

// course is what the events of a fit tell of its course, which a late listener is told as well.
func course(c *cluster, fitID string) (steps []int, rest string) {
	c.T.Helper()
	status, text := c.Send(http.MethodGet, api.PathRuns+"/"+fitID+"/events", "", "")
	if status != http.StatusOK {
		c.T.Fatalf("%d: %s", status, text)
	}
	late, stop := c.Server.Events()
	defer stop()
	var kinds []string
	last := 0.0
	err := api.ReadEvents(strings.NewReader(text), func(e api.Envelope) bool {
		if heard := <-late; heard.Seq != e.Seq || heard.Kind != e.Kind {
			c.T.Errorf("a late listener hears %d %s, and reads %d %s", heard.Seq, heard.Kind, e.Seq, e.Kind)
		}
		switch e := e.Event.(type) {
		case api.StepEvent:
			steps = append(steps, e.Step)
			if e.At < last {
				c.T.Errorf("step %d is of second %v, after %v", e.Step, e.At, last)
			}
			last = e.At
		case api.FitStartedEvent:
			kinds = append(kinds, fmt.Sprintf("started(%t)", e.Resumed))
		case api.FitResumedEvent:
			kinds = append(kinds, fmt.Sprintf("resumed(%d)", e.Recovery.From))
		case api.FitFailedEvent, api.FitCommittedEvent:
			kinds = append(kinds, e.Kind())
		}
		return true
	})
	if err != nil {
		c.T.Error(err)
	}
	return steps, strings.Join(kinds, " ")
}

// The events of a fit that a program was stopped in have the steps before and after, in one file and for late listeners.
func TestEventsOfAStoppedFitGoOn(t *testing.T) {
	t.Parallel()
	s, c, steps, dir := three(t, "1h")
	s.in(dir, c)
	fitID := c.closeIn(steps, 3)
	if text, err := os.ReadFile(eventsFile(t, dir, fitID)); err != nil || strings.Count(string(text), "\n") < 3 {
		t.Errorf("the stopped program has left %q, %v", text, err)
	}
	s.in(dir, c)
	c.ended(fitID)
	got, rest := course(c, fitID)
	for _, step := range []int{1, 3, 4, 5} { // the first and the last of each program; the second may follow too closely to be told
		if !slices.Contains(got, step) {
			t.Errorf("step %d is missing from %v", step, got)
		}
	}
	if rest != "started(false) started(true) resumed(4) fit_committed" || !slices.IsSorted(got) {
		t.Errorf("%v, %s", got, rest)
	}
	c.Server.Close()
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%v is left, %v", files, err)
	}
}

// So have those of a fit whose program was killed while it wrote a line.
func TestEventsOfAKilledFitGoOn(t *testing.T) {
	t.Parallel()
	s, c, steps, dir := three(t, "1 step")
	s.in(dir, c)
	snapshot := ""
	steps.do(func(at int) {
		if at != 3 {
			return
		}
		// the fit waits for this worker, and its first step is written beside it
		fitID := c.Status().Fit.FitID
		file := eventsFile(t, dir, fitID)
		for text := ""; !strings.Contains(text, `"kind":"step"`); {
			if t.Context().Err() != nil {
				return
			}
			now, _ := os.ReadFile(file) // it is not there at once
			text = string(now)
			<-time.After(5 * time.Millisecond)
		}
		snapshot = copyFolder(t, dir)
	})
	fit := c.Fit()
	steps.do(nil)
	torn := eventsFile(t, snapshot, fit.FitID)
	text, err := os.ReadFile(torn)
	if err != nil {
		t.Fatal(err)
	}
	mastertest.Write(t, torn, string(text)+`{"seq":99,"kind":"st`)
	s.in(snapshot, c)
	c.ended(fit.FitID)
	got, rest := course(c, fit.FitID)
	if rest != "started(false) started(true) resumed(4) fit_committed" || !slices.IsSorted(got) || got[0] != 1 ||
		!slices.Contains(got, 4) || got[len(got)-1] != 5 {
		t.Errorf("%v, %s", got, rest)
	}
}
