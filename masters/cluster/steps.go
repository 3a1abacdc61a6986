package cluster

import (
	"math"
	"slices"
	"time"

	"github.com/gochimera/chimera/api"
)

// tellEvery is the shortest time between two published steps. With the last one, which does not wait for it, there are
// at most 20 a second.
const tellEvery = 53 * time.Millisecond

// telling is what listeners are told of the steps of a training.
type telling struct {
	last   time.Time // when a step was published
	held   *api.StepEvent
	totals []api.WorkerTotals  // in member order
	parts  [2][]api.WorkerStep // those of the step that is held back, and those of the next one
}

// Clock is a time as events have it: in seconds since the fit began, also if an earlier program began it.
func (f *Fit) Clock(t time.Time) float64 { return micros(t.Sub(f.zero).Seconds()) }

// micros rounds to microseconds, since events are texts.
func micros(seconds float64) float64 { return math.Round(seconds*1e6) / 1e6 }

// Parts is the memory for what the members did in the next step, to be handed to Step. Nothing is in it but their names.
func (f *Fit) Parts() []api.WorkerStep {
	parts := f.telling.parts[1]
	if parts == nil {
		parts = make([]api.WorkerStep, len(f.Members))
		f.telling.parts[1] = parts
	}
	for i, m := range f.Members {
		parts[i] = api.WorkerStep{Worker: m.Name}
	}
	return parts
}

// Step publishes a step, whose parts are from Parts, unless another was published a moment ago. Then it is held back: it is
// published if it is the last one. The totals count it in any case.
func (f *Fit) Step(e api.StepEvent) {
	t, now := &f.telling, time.Now()
	e.FitID, e.At = f.ID, f.Clock(now)
	f.count(e.Parts)
	for _, w := range f.setup.Watch {
		if w.Step != nil {
			w.Step(&e)
		}
	}
	if !t.last.IsZero() && now.Sub(t.last) < tellEvery {
		t.held = &e
		t.parts[0], t.parts[1] = t.parts[1], t.parts[0]
		return
	}
	f.tell(e)
}

// EndSteps publishes the last step, if it is held back.
func (f *Fit) EndSteps() {
	if held := f.telling.held; held != nil {
		f.tell(*held)
	}
}

func (f *Fit) tell(e api.StepEvent) {
	f.telling.last, f.telling.held = time.Now(), nil
	e.Seconds = micros(e.Seconds)
	e.Parts = slices.Clone(e.Parts) // the next step has its memory
	for i := range e.Parts {
		p := &e.Parts[i]
		p.Total = f.telling.totals[i]
		for _, seconds := range []*float64{&p.Computing, &p.Wire, &p.Waiting, &p.Total.Computing, &p.Total.Wire, &p.Total.Waiting} {
			*seconds = micros(*seconds)
		}
	}
	f.Publish(e)
}

// count adds a step to the totals.
func (f *Fit) count(parts []api.WorkerStep) {
	if f.telling.totals == nil {
		f.telling.totals = make([]api.WorkerTotals, len(f.Members))
	}
	for i, p := range parts {
		t := &f.telling.totals[i]
		if p.Missed == "" {
			t.Steps++
		} else {
			t.Missed++
		}
		t.Computing += p.Computing
		t.Wire += p.Wire
		t.Waiting += p.Waiting
		t.Sent += p.Sent
		t.Received += p.Received
	}
}
