package launcher

import (
	"fmt"
	"sync"
	"time"
)

// EventKind says what an Event is about.
type EventKind string

// The kinds of events, in the order in which a worker goes through them.
const (
	Building EventKind = "building" // the workers' executables are being built; Detail may say what is going on, and Worker for which one
	Built    EventKind = "built"    // they are built
	Started  EventKind = "started"  // a worker listens
	Loading  EventKind = "loading"  // a worker is alive and loads its data
	Ready    EventKind = "ready"    // a worker is ready
	Retrying EventKind = "retrying" // a worker does not answer yet and is asked again, or has ended and is started again
	Again    EventKind = "again"    // a worker that had ended runs again
	Down     EventKind = "down"     // a worker could not be reached, or has ended for good, and is left out
	Stopping EventKind = "stopping" // the workers are being ended
	Stopped  EventKind = "stopped"  // all workers have ended
)

// Event is progress of a launch or a stop.
type Event struct {
	Kind    EventKind
	Worker  string        // empty if it is about all workers
	URL     string        // Started, Ready, Again: where the worker is reached
	Elapsed time.Duration // Built, Ready, Stopped: since the work began
	Detail  string        // Building, Retrying
	Err     error         // Retrying, Down: why
}

// String is a plain line for people.
func (e Event) String() string {
	took := fmt.Sprintf("%.2f s", e.Elapsed.Seconds())
	switch e.Kind {
	case Building:
		if e.Worker != "" {
			return "building " + e.Detail
		}
		if e.Detail != "" {
			return "building the workers: " + e.Detail
		}
		return "building the workers"
	case Built:
		return "built the workers in " + took
	case Started:
		return fmt.Sprintf("worker %s listens on %s", e.Worker, e.URL)
	case Loading:
		return fmt.Sprintf("worker %s loads its data", e.Worker)
	case Ready:
		return fmt.Sprintf("worker %s is ready on %s after %s", e.Worker, e.URL, took)
	case Retrying:
		return fmt.Sprintf("worker %s does not answer yet (%s): %v", e.Worker, e.Detail, e.Err)
	case Again:
		return fmt.Sprintf("worker %s, which had ended, runs again", e.Worker)
	case Down:
		return fmt.Sprintf("worker %s cannot be reached and is left out: %v", e.Worker, e.Err)
	case Stopping:
		return "stopping the workers"
	case Stopped:
		return "stopped the workers in " + took
	default:
		return string(e.Kind)
	}
}

// observer hands events on one at a time.
type observer struct {
	mu sync.Mutex
	f  func(Event)
}

func (o *observer) emit(e Event) {
	if o.f == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.f(e)
}
