package swarm

import (
	"context"
	"fmt"
	"slices"
)

// endOne ends one worker, whose service stays and may run nowhere.
func (f *fleet) endOne(force context.Context, i int) error {
	m := f.members[i]
	m.mu.Lock()
	m.killed = false
	m.mu.Unlock()
	ended := m.Leaves()
	patience, cancel := context.WithTimeout(context.Background(), f.StopGrace+removeTime)
	defer cancel()
	f.signalOne(patience, m, "TERM") // an agent of Swarm waits for 2 s before it does that
	if err := f.park(patience, m); err != nil {
		return fmt.Errorf("ending worker %s: %w", m.Worker.Name, f.engine.Explain(err))
	}
	idle := m.parks()
	defer context.AfterFunc(force, func() { f.signalOne(patience, m, "KILL") })()
	select {
	case <-ended:
	case <-idle: // it had ended before
	case <-patience.Done():
		return fmt.Errorf("worker %s was asked to end, and the swarm's manager does not say that it has", m.Worker.Name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if killed := m.killed; killed {
		m.killed = false
		return m.Killed()
	}
	return nil
}

// startOne lets a worker that has left run where its placement says.
func (f *fleet) startOne(ctx context.Context, i int) error {
	m := f.members[i]
	m.mu.Lock()
	id := m.service
	m.idle = nil
	m.mu.Unlock()
	m.Returns()
	err := f.place(ctx, id, func(constraints []string) []string {
		return slices.DeleteFunc(slices.Clone(constraints), func(c string) bool { return c == nowhere })
	})
	if err != nil {
		err = fmt.Errorf("starting worker %s: %w", m.Worker.Name, f.engine.Explain(err))
	} else {
		err = f.Await(ctx, m.Member, m.words)
	}
	if err != nil {
		m.Leaves()
		parking, cancel := context.WithTimeout(context.Background(), removeTime)
		defer cancel()
		_ = f.park(parking, m) // the error of the start counts
	}
	return err
}
