package cluster

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/api"
)

// take takes n steps that last so long each, and returns what listeners of the latest fit see of them.
func take(f *Fit, n int, each time.Duration) (seen []api.Envelope) {
	f.Publish(api.FitStartedEvent{FitID: f.ID})
	for i := range n {
		time.Sleep(each) // the clock of a bubble
		parts := f.Parts()
		for j := range parts {
			parts[j].Computing, parts[j].Sent = each.Seconds()/2, 100
		}
		if i%10 == 9 {
			parts[0].Missed = "it was late"
		}
		f.Step(api.StepEvent{Step: i + 1, MaxIter: n, Loss: new(1 / float64(i+1)), Parts: parts})
	}
	f.EndSteps()
	return f.broker.latest.events
}

// Listeners are told of at most 20 steps a second, whatever the pace; the first and the last are among them, and the totals
// are of all steps. What is kept is bounded.
func TestStepsAreToldAtABoundedRate(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps int
		each  time.Duration
	}{
		{"one step", 1, time.Second},
		{"two fast ones", 2, time.Microsecond},
		{"slow ones", 50, time.Second},
		{"as fast as may be told", 1000, tellEvery},
		{"a little faster", 1000, tellEvery - time.Millisecond},
		{"fast ones", 10_000, time.Millisecond},
		{"a hundred thousand", 100_000, 10 * time.Millisecond},
		{"a hundred thousand slow ones", 100_000, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := NewTestFit("w1", "w2", "w3")
				seen := take(f, c.steps, c.each)
				if len(seen) > keepEvents {
					t.Errorf("%d events are kept", len(seen))
				}
				steps := seen[1:]
				first, _ := steps[0].Event.(api.StepEvent)
				last, _ := steps[len(steps)-1].Event.(api.StepEvent)
				if seen[0].Kind != "fit_started" || first.Step != 1 || last.Step != c.steps {
					t.Fatalf("%s, then steps %d to %d of %d", seen[0].Kind, first.Step, last.Step, c.steps)
				}
				for i, env := range steps {
					if j := i + 20; j < len(steps) && steps[j].Time.Sub(env.Time) <= time.Second {
						t.Fatalf("steps %d to %d were told within a second", i, j)
					}
				}
				missed := c.steps / 10
				if got := last.Parts[0].Total; got.Steps != c.steps-missed || got.Missed != missed || got.Sent != int64(100*c.steps) {
					t.Errorf("the totals of the first worker are %+v of %d steps", got, c.steps)
				}
				want := micros(c.each.Seconds() / 2 * float64(c.steps))
				if got := last.Parts[2].Total; got.Steps != c.steps || got.Computing < want*0.999 || got.Computing > want*1.001 {
					t.Errorf("the last worker computed for %v s in %d steps, want %v", got.Computing, got.Steps, want)
				}
				if want := c.each.Seconds() * float64(c.steps); last.At < want*0.999 || last.At > want*1.001 {
					t.Errorf("the last step was told at %v s, want %v", last.At, want)
				}
			})
		})
	}
}

// A step that is held back keeps its own numbers while the next one is prepared.
func TestAHeldStepKeepsItsParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewTestFit("w1")
		for i := range 2 {
			parts := f.Parts()
			parts[0].Rows = i + 1
			f.Step(api.StepEvent{Step: i + 1, Parts: parts})
		}
		f.Parts()[0].Rows = 3 // of a step that fails
		f.EndSteps()
		f.EndSteps() // nothing is told twice
		var rows []int
		for _, env := range f.broker.latest.events {
			e, _ := env.Event.(api.StepEvent)
			rows = append(rows, e.Parts[0].Rows)
		}
		if !slices.Equal(rows, []int{1, 2}) {
			t.Errorf("the rows of the steps are %v, want 1 and 2", rows)
		}
	})
}

// A late listener sees a long run from its first step to its last, with none missing but steps, and with many workers
// as with few what is kept is bounded.
func TestALongRunIsKeptThinned(t *testing.T) {
	for _, workers := range []int{1, 100} {
		b := newBroker()
		b.publish(api.FitStartedEvent{FitID: "f"})
		const n = 50_000
		others := 0
		for i := range n {
			b.publish(api.StepEvent{Step: i + 1, Parts: make([]api.WorkerStep, workers)})
			if i%1000 == 500 {
				others++
				b.publish(api.WorkerDownEvent{Worker: "w"})
			}
		}
		b.publish(api.FitCommittedEvent{FitID: "f"})
		last, gap, downs := 0, 0, 0
		for i, env := range b.latest.events {
			switch e := env.Event.(type) {
			case api.StepEvent:
				if last == 0 && e.Step != 1 {
					t.Errorf("the first step is %d", e.Step)
				}
				gap, last = max(gap, e.Step-last), e.Step
			case api.WorkerDownEvent:
				downs++
			case api.FitStartedEvent:
				if i != 0 {
					t.Errorf("the start is event %d", i)
				}
			}
		}
		if last != n || downs != others {
			t.Errorf("%d workers: the last step is %d of %d, and %d of %d other events are there", workers, last, n, downs, others)
		}
		if len(b.latest.events) > keepEvents || b.latest.weight > keepWeight+workers+1 {
			t.Errorf("%d workers: %d events of weight %d are kept", workers, len(b.latest.events), b.latest.weight)
		}
		if steps := min(keepEvents, keepWeight/(workers+1)); gap > 4*n/steps {
			t.Errorf("%d workers: %d steps in a row are missing; there is room for %d", workers, gap, steps)
		}
	}
}

// What is kept of a long fit is bounded, with the first step, the last and all other events.
func TestLinesOfEventsAreBounded(t *testing.T) {
	var events []api.Envelope
	add := func(e api.Event) {
		events = append(events, api.Envelope{Seq: len(events) + 1, Kind: e.Kind(), Event: e})
	}
	add(api.FitStartedEvent{FitID: "f"})
	for i := range 1000 {
		add(api.StepEvent{Step: i + 1, Parts: make([]api.WorkerStep, 4)})
		if i%100 == 0 {
			add(api.StepEvent{Step: i + 1, Loss: new(math.NaN())}) // which is no JSON
			add(api.WorkerDownEvent{Worker: "w"})
		}
	}
	add(api.FitCommittedEvent{FitID: "f"})
	const most = 20_000
	lines := bytes.Split(bytes.TrimSuffix(eventLines(events, most), []byte("\n")), []byte("\n"))
	var steps []int
	kinds := map[string]int{}
	size := 0
	for _, line := range lines {
		var e struct {
			Kind  string        `json:"kind"`
			Event api.StepEvent `json:"event"`
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		size += len(line) + 1
		kinds[e.Kind]++
		if e.Kind == "step" {
			steps = append(steps, e.Event.Step)
		}
	}
	if size > most || size < most/3 || steps[0] != 1 || steps[len(steps)-1] != 1000 || !slices.IsSorted(steps) {
		t.Errorf("%d bytes of %d, with the steps %v", size, most, steps)
	}
	if kinds["fit_started"] != 1 || kinds["fit_committed"] != 1 || kinds["worker_down"] != 10 {
		t.Errorf("got %v", kinds)
	}
}
