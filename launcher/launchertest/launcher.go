package launchertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gochimera/chimera/launcher"
)

// Launcher is a [launcher.Launcher] whose workers follow scripts. The zero
// value launches workers that are alive and ready, and answer 404 to the rest.
// Set the fields before Launch.
type Launcher struct {
	Scripts   map[string]Script // by the worker's name
	Hold      <-chan struct{}   // if not nil, Launch waits until it is closed or ctx ends
	StopError error             // what Stop returns

	mu     sync.Mutex
	plans  []launcher.Plan
	fleets []*fleet
}

// Name is "mock".
func (*Launcher) Name() string { return "mock" }

// Launch starts a server for each worker of the plan. It fails with every
// StartError there is, in the plan's order, leaving nothing behind.
func (l *Launcher) Launch(ctx context.Context, p launcher.Plan) (launcher.Fleet, error) {
	l.mu.Lock()
	l.plans = append(l.plans, p)
	l.mu.Unlock()
	if l.Hold != nil {
		select {
		case <-l.Hold:
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("launch: %w", err)
	}
	var errs []error
	for _, w := range p.Workers {
		if err := l.Scripts[w.Name].StartError; err != nil {
			errs = append(errs, fmt.Errorf("worker %s: %w", w.Name, err))
		}
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("launch: %w", errors.Join(errs...))
	}

	f := &fleet{exits: make(chan launcher.Exit, len(p.Workers)), stopError: l.StopError}
	for _, spec := range p.Workers {
		w := newWorker(spec, l.Scripts[spec.Name], f.died)
		f.workers = append(f.workers, w)
		f.endpoints = append(f.endpoints, launcher.Endpoint{Name: spec.Name, URL: w.server.URL, Peer: w.server.URL})
		if p.Observe != nil {
			p.Observe(launcher.Event{Kind: launcher.Ready, Worker: spec.Name, URL: w.server.URL})
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fleets = append(l.fleets, f)
	return f, nil
}

// Kill makes a worker of the last launch die in the way that e says. It is
// false if there is none of that name that lives. When it returns the worker no
// longer answers and Exits has e.
func (l *Launcher) Kill(e launcher.Exit) bool {
	l.mu.Lock()
	var workers []*worker
	if len(l.fleets) > 0 {
		workers = l.fleets[len(l.fleets)-1].workers
	}
	l.mu.Unlock()
	for _, w := range workers {
		if w.name == e.Worker {
			return w.die(e)
		}
	}
	return false
}

// Plans are those that Launch was called with.
func (l *Launcher) Plans() []launcher.Plan {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.plans)
}

// Running is how many launched fleets have not been stopped; it should be 0 at the
// end of a test.
func (l *Launcher) Running() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, f := range l.fleets {
		if !f.isStopped() {
			n++
		}
	}
	return n
}

// fleet keeps the promises of [launcher.Fleet].
type fleet struct {
	endpoints []launcher.Endpoint
	workers   []*worker
	stopError error
	once      sync.Once

	mu      sync.Mutex
	exits   chan launcher.Exit // room for every worker
	stopped bool
}

func (f *fleet) Endpoints() []launcher.Endpoint { return slices.Clone(f.endpoints) }

func (f *fleet) Exits() <-chan launcher.Exit { return f.exits }

func (f *fleet) Stop(context.Context) error {
	f.once.Do(func() {
		f.mu.Lock()
		f.stopped = true
		close(f.exits)
		f.mu.Unlock()
		for _, w := range f.workers {
			w.end()
		}
	})
	return f.stopError
}

func (f *fleet) died(e launcher.Exit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.stopped {
		f.exits <- e
	}
}

func (f *fleet) isStopped() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stopped
}

var (
	_ launcher.Launcher = (*Launcher)(nil)
	_ launcher.Fleet    = (*fleet)(nil)
)
