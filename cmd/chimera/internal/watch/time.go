package watch

import (
	"context"
	"time"

	"github.com/gochimera/chimera/api"
)

// Clock gives events of a live stream, which has no times, those at which they happened, as far as they say.
type Clock struct{ started time.Time }

// Time is when an event happened that arrived now.
func (c *Clock) Time(e api.Event, now time.Time) time.Time {
	at := 0.0
	switch e := e.(type) {
	case api.FitStartedEvent:
		c.started = e.Started
		if !e.Started.IsZero() {
			return e.Started
		}
	case api.WorkerBeganEvent:
		at = e.At
	case api.WorkerFittedEvent:
		at = e.AnsweredAt
	case api.StepEvent:
		at = e.At
	}
	if at == 0 || c.started.IsZero() {
		return now
	}
	return c.started.Add(time.Duration(at * float64(time.Second)))
}

// Pace lets events pass as far apart as they happened, or a factor faster.
type Pace struct {
	Speed float64 // 0 lets them pass at once
	last  time.Time
}

// Skip lets the next event pass at once: nothing happened before it that anybody would wait for.
func (p *Pace) Skip() { p.last = time.Time{} }

// Wait waits until it is the turn of an event that happened at a time. It returns the cause if ctx ends first.
func (p *Pace) Wait(ctx context.Context, at time.Time) error {
	gap := at.Sub(p.last)
	if p.last.IsZero() || gap < 0 {
		gap = 0
	}
	p.last = at
	if p.Speed <= 0 || gap == 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(time.Duration(float64(gap) / p.Speed))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
