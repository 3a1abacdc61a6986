package cluster

import (
	"context"
	"errors"
	"sync"
)

// gate keeps a fit and catch-ups apart, which would otherwise take each other's workers and commit
// each other's models: a fit cancels the running catch-ups, and none starts until it is done, or
// until it opens the gate itself (Fit.CatchUpBeside).
type gate struct {
	mu      sync.Mutex
	closed  bool
	cancels map[*context.CancelCauseFunc]struct{}
	running sync.WaitGroup
}

// ErrFitRuns is the reason why a worker is not caught up now.
var ErrFitRuns = errors.New("a fit is running, and will bring it up")

// close cancels the running catch-ups, waits for them, and lets none start until open.
func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	for cancel := range g.cancels {
		(*cancel)(ErrFitRuns)
	}
	g.mu.Unlock()
	g.running.Wait()
}

// open lets catch-ups start again.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = false
}

// catchUp enters the gate if it is open, with a context that closing it cancels; done must be
// called.
func (g *gate) catchUp(ctx context.Context) (limited context.Context, done func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, nil, ErrFitRuns
	}
	limited, cancel := context.WithCancelCause(ctx)
	if g.cancels == nil {
		g.cancels = map[*context.CancelCauseFunc]struct{}{}
	}
	g.cancels[&cancel] = struct{}{}
	g.running.Add(1)
	return limited, func() {
		g.mu.Lock()
		delete(g.cancels, &cancel)
		g.mu.Unlock()
		cancel(nil)
		g.running.Done()
	}, nil
}
