package cluster

import (
	"context"
	"errors"
	"sync"
)

// gate keeps a fit and catch-ups apart, which would otherwise take each other's workers and commit
// each other's models: a fit cancels the running catch-ups, and none starts until it is done.
type gate struct {
	mu      sync.Mutex
	fitting bool
	cancels map[*context.CancelCauseFunc]struct{}
	running sync.WaitGroup
}

// errFitRuns is the reason why a worker is not caught up now.
var errFitRuns = errors.New("a fit is running, and will bring it up")

// fit closes the gate and returns a function that opens it again. There is one fit at a time.
func (g *gate) fit() (open func()) {
	g.mu.Lock()
	g.fitting = true
	for cancel := range g.cancels {
		(*cancel)(errFitRuns)
	}
	g.mu.Unlock()
	g.running.Wait()
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.fitting = false
	}
}

// catchUp enters the gate if it is open, with a context that the next fit cancels; done must be
// called.
func (g *gate) catchUp(ctx context.Context) (limited context.Context, done func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fitting {
		return nil, nil, errFitRuns
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
