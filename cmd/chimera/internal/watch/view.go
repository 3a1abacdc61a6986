package watch

import (
	"slices"
	"time"

	"github.com/gochimera/chimera/api"
)

// View is what is known of a fit from its events so far.
type View struct {
	id, master string
	started    time.Time
	resumed    bool
	now        float64 // seconds since the fit began, of the last event that says
	state      string  // of the fit; empty before the first event
	reason     string
	workers    []worker
	done       int // workers that have finished their parts, including failed ones

	step    *api.StepEvent // the last one
	losses  []float64      // of the steps that were told, thinned out
	every   int            // of the told steps, so many lie between two losses
	told    int
	notices []string // what happened to workers and to the fit, the last ones
}

// worker is what is known of a worker.
type worker struct {
	name, state string
	rows        int
	totals      api.WorkerTotals
}

// The states of a fit, and of its workers.
const (
	running   = "running"
	committed = "fitted"
	broken    = "failed"
	cancelled = "cancelled"

	waiting  = "waiting" // until it is asked
	working  = "working"
	finished = "done"
	late     = "missing" // from the last step
	down     = "down"
	left     = "left"    // as it was asked to
	stopped  = "stopped" // with the fit
)

const (
	mostLosses  = 512 // that are kept
	mostNotices = 3   // that are shown
)

// Add takes in an event. ended says that it is the last one of a fit.
func (v *View) Add(e api.Envelope) (ended bool) {
	switch e := e.Event.(type) {
	case api.FitStartedEvent:
		if v.goesOn(e) {
			v.resumed, v.state, v.reason = true, running, ""
			return false
		}
		*v = View{id: e.FitID, master: e.Master, started: e.Started, resumed: e.Resumed, state: running, every: 1}
		for _, name := range e.Workers {
			v.workers = append(v.workers, worker{name: name, state: waiting})
		}
	case api.WorkerBeganEvent:
		v.now = max(v.now, e.At)
		if w := v.of(e.Worker); w != nil {
			w.state, w.rows = working, e.Rows
		}
	case api.WorkerFittedEvent:
		v.fitted(e)
	case api.StepEvent:
		v.took(e)
	case api.FitCommittedEvent:
		v.now = max(v.now, e.Seconds)
		return v.end(committed, "")
	case api.FitFailedEvent:
		return v.end(broken, e.Reason)
	case api.FitCancelledEvent:
		return v.end(cancelled, "")
	default:
		v.mind(e)
	}
	return false
}

// goesOn says whether a fit that starts is the one in view, which another program goes on with.
func (v *View) goesOn(e api.FitStartedEvent) bool { return e.Resumed && e.FitID == v.id }

// mind takes in what happens to workers.
func (v *View) mind(e api.Event) {
	name, state := "", ""
	switch e := e.(type) {
	case api.WorkerFailedEvent:
		name, state = e.Failure.Worker, broken
		v.done = e.Done
	case api.WorkerDownEvent:
		name, state = e.Worker, down
	case api.WorkerUpEvent:
		name, state = e.Worker, working
	case api.WorkerJoinedEvent:
		v.join(e)
	case api.WorkerLeftEvent:
		if e.FitID != "" {
			name, state = e.Worker, left
		}
	}
	if w := v.of(name); w != nil && v.state == running && w.state != broken && w.state != finished {
		w.state = state
	}
	if text := describe(e); text != "" {
		v.notices = append(v.notices, text)
		v.notices = v.notices[max(0, len(v.notices)-mostNotices):]
	}
}

// join takes in a worker that takes part from now on, who may not have been there when the fit began.
func (v *View) join(e api.WorkerJoinedEvent) {
	w := v.of(e.Worker)
	if w == nil {
		v.workers = append(v.workers, worker{name: e.Worker})
		w = &v.workers[len(v.workers)-1]
	}
	w.state, w.rows = working, e.Rows
}

func (v *View) fitted(e api.WorkerFittedEvent) {
	v.now, v.done = max(v.now, e.AnsweredAt), e.Done
	if w := v.of(e.Fit.Worker); w != nil {
		w.state, w.rows = finished, e.Fit.Rows
		w.totals = api.WorkerTotals{
			Computing: e.Fit.Seconds, Wire: e.Fit.Wire, Waiting: e.Fit.Waiting, Sent: e.Fit.Sent, Received: e.Fit.Received,
		}
	}
}

func (v *View) took(e api.StepEvent) {
	v.now, v.step = max(v.now, e.At), &e
	for _, p := range e.Parts {
		w := v.of(p.Worker)
		if w == nil {
			continue
		}
		w.totals = p.Total
		switch {
		case p.Missed == "":
			w.state = working
		case w.state == working:
			w.state = late
		}
	}
	if e.Loss == nil {
		return
	}
	if v.told%v.every == 0 {
		v.losses = append(v.losses, *e.Loss)
	}
	v.told++
	if len(v.losses) == mostLosses {
		v.every *= 2
		for i := range mostLosses / 2 {
			v.losses[i] = v.losses[2*i]
		}
		v.losses = v.losses[:mostLosses/2]
	}
}

func (v *View) end(state, reason string) bool {
	v.state, v.reason = state, reason
	of := stopped
	if state == committed {
		of = finished
	}
	for i := range v.workers {
		if w := &v.workers[i]; w.state == working || w.state == waiting {
			w.state = of
		}
	}
	return true
}

// of is a worker; nil if there is none with the name.
func (v *View) of(name string) *worker {
	i := slices.IndexFunc(v.workers, func(w worker) bool { return w.name == name })
	if i < 0 {
		return nil
	}
	return &v.workers[i]
}
