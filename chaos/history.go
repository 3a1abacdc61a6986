//go:build unix

package chaos

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
)

// What a client did.
const (
	predict = "predict"
	fit     = "fit"
	cancel  = "cancelled fit"
	status  = "status"
)

// op is something that a client did, and what came of it.
type op struct {
	What       string
	Rows       int // index of the request's rows
	Start, End time.Duration
	Stalled    time.Duration // the part of it in which this program did not run

	// The reply, if there was one.
	FitID    string
	Y        []float64
	Workers  []string // whose answers are in it
	Absent   []string // who did not answer, as the reply says
	Partial  bool     // of a fit: some worker did not take part in everything
	Finished api.FitState

	Problem *api.Problem // the error, if it was typed
	Err     string       // the error, if there was one
}

// took is how long it took, of the time in which this program ran.
func (o op) took() time.Duration { return o.End - o.Start - o.Stalled }

func (o op) String() string {
	text := fmt.Sprintf("%8.3f s to %8.3f s  %-14s", o.Start.Seconds(), o.End.Seconds(), o.What)
	if o.What == predict {
		text += fmt.Sprintf(" of rows %d", o.Rows)
	}
	if o.FitID != "" {
		text += " fit " + o.FitID
	}
	if o.Workers != nil {
		text += " by " + strings.Join(o.Workers, ",")
	}
	if o.Absent != nil {
		text += " without " + strings.Join(o.Absent, ",")
	}
	if o.Y != nil {
		text += fmt.Sprintf(" %.6g", o.Y)
	}
	if o.Finished != "" {
		text += " " + string(o.Finished)
	}
	if o.Partial {
		text += ", partly"
	}
	if o.Problem != nil {
		text += fmt.Sprintf(" %s %v", o.Problem.Code, o.Problem.Workers)
	}
	if o.Err != "" {
		text += " " + o.Err
	}
	return text
}

// history is what happened, as the clients saw it.
type history struct {
	clock *clock

	mu      sync.Mutex
	ops     []op
	strikes map[fault]bool          // the faults that have struck
	ended   map[string]api.FitState // the fits that have ended, by ID, as the master's events say
	notes   []string                // events and strikes, each after its time
}

func newHistory() *history {
	return &history{clock: newClock(), ended: map[string]api.FitState{}, strikes: map[fault]bool{}}
}

// do runs one operation and records it.
func (h *history) do(what string, rows int, run func(*op)) op {
	o := op{What: what, Rows: rows}
	var before, after time.Duration
	o.Start, before = h.clock.now()
	run(&o)
	o.End, after = h.clock.now()
	o.Stalled = after - before
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, o)
	return o
}

func (h *history) note(text string) {
	at, _ := h.clock.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes = append(h.notes, fmt.Sprintf("%8.3f s  %s", at.Seconds(), text))
}

func (h *history) struck(f fault) {
	h.note("struck: " + f.String())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.strikes[f] = true
}

// event records what the master says of its fits and its workers.
func (h *history) event(e api.Event) {
	id, state := "", api.FitState("")
	switch e := e.(type) {
	case api.FitCommittedEvent:
		id, state = e.FitID, api.FitSucceeded
	case api.FitFailedEvent:
		id, state = e.FitID, api.FitFailed
	case api.FitCancelledEvent:
		id, state = e.FitID, api.FitCancelled
	case api.WorkerDownEvent, api.WorkerUpEvent, api.WorkerCaughtUpEvent, api.FitResumedEvent, api.WorkerFailedEvent, api.FitStartedEvent,
		api.WorkerJoinedEvent, api.WorkerLeftEvent:
	default:
		return
	}
	h.note(fmt.Sprintf("%s %+v", e.Kind(), e))
	if id == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if before, ended := h.ended[id]; ended {
		state = before + " and then " + state // which no reply says
	}
	h.ended[id] = state
}

// hit is how many faults of the plan have struck.
func (h *history) hit() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.strikes)
}

// count is how many operations there were.
func (h *history) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.ops)
}

// String is everything in the order of time. Of replies like the one before there is only the number.
func (h *history) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	lines := slices.Clone(h.notes)
	last, same := map[string]string{}, map[string]int{}
	slices.SortStableFunc(h.ops, func(a, b op) int { return int(a.Start - b.Start) })
	for _, o := range h.ops {
		text := o.String()
		key := fmt.Sprint(o.What, o.Rows)
		if last[key] == text[26:] {
			same[key]++
			continue
		}
		if same[key] > 0 {
			text += fmt.Sprintf("   (after %d more like the one before)", same[key])
		}
		last[key], same[key] = o.String()[26:], 0
		lines = append(lines, text)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
