package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/masters/checkpoint"
)

// writerIn is a writer into a folder, and the broker that it asks.
func writerIn(dir string) (*eventWriter, *broker) {
	b := newBroker()
	return &eventWriter{broker: b, file: checkpoint.NewEvents(dir), log: slog.New(slog.DiscardHandler)}, b
}

// textIn is the file of events in a folder; it is empty if there is none.
func textIn(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// stepsIn reads the events in a folder as the next program does, and lists their steps.
func stepsIn(t *testing.T, text string) (steps []int) {
	t.Helper()
	events, err := readEvents(strings.NewReader(text), "f")
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range events {
		if e, is := env.Event.(api.StepEvent); is {
			steps = append(steps, e.Step)
		}
	}
	return steps
}

// What has happened is in the file a second later. At the end, what is new is added if it is left to another program, and no
// goroutine is left: the bubble would wait for it.
func TestEventsAreWrittenAsTheyCome(t *testing.T) {
	for _, leave := range []bool{true, false} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			w, b := writerIn(dir)
			b.publish(api.FitStartedEvent{FitID: "f"})
			end := w.start()
			for i := range 3 {
				b.publish(api.StepEvent{FitID: "f", Step: i + 1})
				time.Sleep(writeEventsEvery) // the clock of the bubble
				synctest.Wait()
				if got := stepsIn(t, textIn(t, dir)); len(got) != i+1 || got[i] != i+1 {
					t.Errorf("after %d seconds there are the steps %v", i+1, got)
				}
			}
			b.publish(api.StepEvent{FitID: "f", Step: 4})
			end(leave)
			if got := stepsIn(t, textIn(t, dir)); slices.Contains(got, 4) != leave {
				t.Errorf("left: %t, the steps are %v", leave, got)
			}
		})
	}
}

// However long the fit, the file is no larger than what is stored of it, and has steps of its whole course.
func TestTheFileOfEventsIsBounded(t *testing.T) {
	dir := t.TempDir()
	w, b := writerIn(dir)
	b.publish(api.FitStartedEvent{FitID: "f"})
	const steps = 20_000
	shrunk, largest := 0, 0
	for i := range steps {
		b.publish(api.StepEvent{FitID: "f", Step: i + 1, Parts: make([]api.WorkerStep, 2)})
		if i%100 != 99 {
			continue
		}
		before := w.size
		w.write()
		if w.size < before {
			shrunk++
		}
		n := len(textIn(t, dir))
		if n > mostEventBytes || n != w.size {
			t.Fatalf("after %d steps it has %d bytes; the writer knows of %d", i+1, n, w.size)
		}
		largest = max(largest, n)
	}
	got := stepsIn(t, textIn(t, dir))
	if got[0] != 1 || got[len(got)-1] != steps || !slices.IsSorted(got) {
		t.Errorf("%d steps from %d to %d", len(got), got[0], got[len(got)-1])
	}
	if shrunk < 2 || shrunk > 20 || largest < mostEventBytes/2 {
		t.Errorf("it was replaced %d times, and had at most %d bytes", shrunk, largest)
	}
}

// disk is a file that fails, or waits.
type disk struct {
	eventFile
	fault error
	wait  chan struct{}
}

func (d *disk) Append(lines []byte) error {
	if d.wait != nil {
		<-d.wait
	}
	if d.fault != nil {
		return errors.Join(d.fault, d.eventFile.Append(lines[:len(lines)/2]))
	}
	return d.eventFile.Append(lines)
}

// A disk that was full has torn a line; when there is room again the file is whole. That is told once.
func TestAFullDiskTearsNoEvents(t *testing.T) {
	dir := t.TempDir()
	w, b := writerIn(dir)
	var said bytes.Buffer
	d := &disk{eventFile: w.file, fault: errors.New("no space left on device")}
	w.file, w.log = d, slog.New(slog.NewTextHandler(&said, nil))
	b.publish(api.FitStartedEvent{FitID: "f"})
	for i := range 6 {
		b.publish(api.StepEvent{FitID: "f", Step: i + 1})
		if i == 4 {
			d.fault = nil
		}
		w.write()
	}
	if got := stepsIn(t, textIn(t, dir)); !slices.Equal(got, []int{1, 2, 3, 4, 5, 6}) {
		t.Errorf("the steps are %v", got)
	}
	if n := strings.Count(said.String(), "no space left"); n != 1 {
		t.Errorf("it is told %d times: %s", n, &said)
	}
}

// While the disk takes its time, events are published and listened to.
func TestASlowDiskStopsNobody(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w, b := writerIn(dir)
		slow := &disk{eventFile: w.file, wait: make(chan struct{})}
		w.file = slow
		b.publish(api.FitStartedEvent{FitID: "f"})
		end := w.start()
		time.Sleep(writeEventsEvery)
		synctest.Wait() // it writes, and waits
		before := time.Now()
		for i := range 100 {
			b.publish(api.StepEvent{FitID: "f", Step: i + 1})
		}
		if events := b.since(0); len(events) != 101 || time.Since(before) != 0 {
			t.Errorf("%d events after %v", len(events), time.Since(before))
		}
		close(slow.wait)
		end(true)
	})
	if got := stepsIn(t, textIn(t, dir)); len(got) != 100 {
		t.Errorf("the steps are %v", got)
	}
}

// The events of the program before are read up to a line that is torn; those of another fit are not these.
func TestTornEvents(t *testing.T) {
	dir := t.TempDir()
	w, b := writerIn(dir)
	b.publish(api.FitStartedEvent{FitID: "f"})
	b.publish(api.StepEvent{FitID: "f", Step: 1})
	b.publish(api.StepEvent{FitID: "f", Step: 2})
	w.write()
	whole := textIn(t, dir)
	lines := strings.SplitAfter(whole, "\n")
	for _, tt := range []struct {
		name, text, fit string
		events          int
		err             string
	}{
		{"whole", whole, "f", 3, ""},
		{"without the last line end", strings.TrimSuffix(whole, "\n"), "f", 3, ""},
		{"torn", whole[:len(whole)-9], "f", 2, "line 3"},
		{"torn in the first line", lines[0][:20], "f", 0, "line 1"},
		{"zeros at the end", whole + "\x00\x00\x00", "f", 3, "line 4"},
		{"empty", "", "f", 0, ""},
		{"the same twice", whole + whole, "f", 3, ""},
		{"another fit", whole, "g", 0, "not those of the fit"},
		{"without its start", strings.Join(lines[1:], ""), "f", 0, "not those of the fit"},
	} {
		events, err := readEvents(strings.NewReader(tt.text), tt.fit)
		if len(events) != tt.events || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %d events, %v", tt.name, len(events), err)
		}
	}
}

// The next program goes on with the numbers, the clock and the totals; its own events follow.
func TestEventsFollowThoseOfTheProgramBefore(t *testing.T) {
	before := NewTestFit("w1", "w2")
	start := before.begun.Add(-time.Hour)
	before.Publish(api.FitStartedEvent{FitID: "f", Started: start})
	parts := before.Parts()
	parts[1].Computing, parts[1].Sent = 2, 7
	before.Step(api.StepEvent{Step: 1, Parts: parts})

	f := NewTestFit("w1", "w2")
	f.Publish(api.WorkerDownEvent{Worker: "w2"})
	f.broker.restore(before.broker.since(0))
	f.follow(f.broker.since(0))
	f.Publish(api.FitStartedEvent{FitID: "f", Started: f.zero, Resumed: true})
	f.Step(api.StepEvent{Step: 2, Parts: f.Parts()})
	f.Publish(api.FitCommittedEvent{FitID: "f"})

	id, events := f.broker.run()
	var kinds []string
	for i, env := range events {
		kinds = append(kinds, env.Kind)
		if i > 0 && env.Seq <= events[i-1].Seq {
			t.Errorf("%d comes after %d", env.Seq, events[i-1].Seq)
		}
	}
	if got := fmt.Sprint(kinds); id != "f" || got != "[fit_started step worker_down fit_started step fit_committed]" {
		t.Fatalf("fit %s: %s", id, got)
	}
	if seen := before.broker.seq + 20; events[2].Seq <= seen {
		t.Errorf("the number %d is given again: a listener may have seen it before the kill", events[2].Seq)
	}
	step, _ := events[4].Event.(api.StepEvent)
	if total := step.Parts[1].Total; total.Steps != 2 || total.Computing != 2 || total.Sent != 7 {
		t.Errorf("the totals are %+v", total)
	}
	if step.At < time.Hour.Seconds() {
		t.Errorf("the step is %v s after the start", step.At)
	}
	f.Publish(api.FitStartedEvent{FitID: "g"})
	if _, events := f.broker.run(); len(events) != 1 {
		t.Errorf("the next fit has %d events at its start", len(events))
	}
}
