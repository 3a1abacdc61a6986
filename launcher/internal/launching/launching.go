package launching

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/parallel"
)

// atOnce is how many workers are made at the same time: an engine that is asked for a hundred at once finishes none of them sooner.
const atOnce = 8

// Launching is a launch that comes up, or has come up. Its methods are safe for use by several goroutines.
type Launching struct {
	plan  launcher.Plan
	fleet *launcher.FleetBase
	ctx   context.Context // of the launch alone
	end   context.CancelCauseFunc
	slots chan struct{} // taken while a worker is made

	Members []*Member // the plan's workers, in its order

	mu sync.Mutex
	up bool // from now on ends go to the fleet's exits
}

// New begins a launch of a checked plan, whose workers are to be fleet, and opens their logs. It ends with BringUp, or with ctx.
func New(ctx context.Context, plan launcher.Plan, fleet *launcher.FleetBase) *Launching {
	l := &Launching{plan: plan, fleet: fleet, slots: make(chan struct{}, atOnce), Members: newMembers(plan)}
	l.ctx, l.end = context.WithCancelCause(ctx)
	return l
}

// Steps are what a launcher does to bring its workers up.
type Steps struct {
	Share    func(context.Context) error        // makes what the workers share
	Start    func(context.Context, int) error   // starts the i-th worker of the plan, and returns when it is ready
	Endpoint func(worker int) launcher.Endpoint // where that worker is, once it is ready
}

// BringUp returns when every worker is ready. If it fails, or panics, it has abandoned the fleet: nothing is left. Its error is what ended
// the launch, if a worker did.
func (l *Launching) BringUp(s Steps) error {
	defer l.end(nil)
	defer func() {
		if !l.Up() {
			l.fleet.Abandon()
		}
	}()
	err := s.Share(l.ctx)
	if err == nil {
		err = parallel.Do(l.ctx, len(l.plan.Workers), s.Start)
	}
	if err = l.cause(err); err == nil {
		err = l.succeed(s.Endpoint)
	}
	if err != nil {
		return fmt.Errorf("launch: %w", err)
	}
	return nil
}

// succeed ends the launch: what ends from now on goes to the fleet's exits. What ended before is the error.
func (l *Launching) succeed(endpoint func(int) launcher.Endpoint) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.cause(nil); err != nil {
		return err
	}
	for i := range l.plan.Workers {
		l.fleet.SetEndpoint(i, endpoint(i))
	}
	l.up = true
	return nil
}

// Up reports whether the launch has succeeded.
func (l *Launching) Up() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up
}

// reason is what ended a launch, unlike the end of its caller's context.
type reason struct{ error }

// Unwrap is the reason itself.
func (r reason) Unwrap() error { return r.error }

// Fail ends the launch, unless something has before. It reports whether the launch was still going on.
func (l *Launching) Fail(why error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up {
		return false
	}
	l.end(reason{why})
	return true
}

// cause is what ended the launch, if Fail did; otherwise it is err. Calls that were cut off because the launch ended return
// errors that say only that.
func (l *Launching) cause(err error) error {
	var why reason
	if errors.As(context.Cause(l.ctx), &why) {
		return why.error
	}
	return err
}

// Ended reports a worker's end, unless it was asked to leave or the fleet is being stopped: to those who read the fleet's exits, or, before
// the launch has succeeded, as its error. why is a better reason than the exit itself; it may be nil.
func (l *Launching) Ended(m *Member, e launcher.Exit, why error) {
	if m.departs() || l.fleet.Stopping().Err() != nil {
		return
	}
	if why == nil {
		why = &launcher.ExitError{Exit: e, Port: m.Worker.Port}
	}
	if !l.Fail(why) {
		l.fleet.Died(e)
	}
}

// Running reports whether the launch has succeeded, and the fleet is not being stopped.
func (l *Launching) Running() bool { return l.Up() && l.fleet.Stopping().Err() == nil }

// Left reports that a worker, which has ended so, is not started again.
func (l *Launching) Left(m *Member, e launcher.Exit) {
	if l.Running() {
		l.plan.Observe(launcher.Event{Kind: launcher.Down, Worker: m.Worker.Name, URL: m.URL,
			Err: fmt.Errorf("%s, and is not to be started again then (restart: %s)", e, l.plan.Restart.Name())})
	}
}

// Again reports that a worker that had ended runs again.
func (l *Launching) Again(m *Member) {
	l.plan.Observe(launcher.Event{Kind: launcher.Again, Worker: m.Worker.Name, URL: m.URL})
}

// Make calls f, which makes a worker, when few others are being made. The worker's time begins then.
func (l *Launching) Make(ctx context.Context, m *Member, f func(context.Context) error) error {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.slots }()
	m.start = time.Now()
	return f(ctx)
}

// Await returns when a worker that was made is ready and has announced itself. words are the end of its log.
func (l *Launching) Await(ctx context.Context, m *Member, words func() string) error {
	l.plan.Observe(launcher.Event{Kind: launcher.Started, Worker: m.Worker.Name, URL: m.URL})
	if err := l.plan.Await(ctx, m.Worker, m.URL, words); err != nil {
		return err
	}
	if err := m.Announcement.Await(ctx, l.plan.ReadyTimeout); err != nil {
		return err
	}
	l.plan.Observe(launcher.Event{Kind: launcher.Ready, Worker: m.Worker.Name, URL: m.URL, Elapsed: time.Since(m.start)})
	return nil
}
