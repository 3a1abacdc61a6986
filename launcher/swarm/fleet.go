package swarm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/swarm"

	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/enginelog"
	"github.com/gochimera/chimera/launcher/internal/parallel"
	"github.com/gochimera/chimera/launcher/internal/probe"
	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

const (
	// removeTime bounds the clean-up once the callers' contexts have ended.
	removeTime = 30 * time.Second
	// nowhere is a constraint that no node satisfies: a worker that may run nowhere is ended, and its log can still be read.
	nowhere = "node.id==none"
)

// member is one worker of a launch and its service.
type member struct {
	worker  launcher.Worker
	index   int
	port    int // published on the node that it runs on
	url     string
	log     *workerlog.Log
	reader  *enginelog.Reader
	forward *forward
	start   time.Time

	announced chan struct{} // closed when the launcher has read its announcement
	heard     sync.Once     // closes announced
	again     chan struct{} // asks for its log to be followed anew

	mu      sync.Mutex
	service string // its ID; empty: not made yet
	problem string // why its newest task does not run
	killed  bool   // it did not end when asked
	quiet   bool   // it has ended after Stop began, and its log is complete
}

// words are the end of the worker's log, or what keeps it from writing one.
func (m *member) words() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if words := m.log.LastWords(); words != "" || m.problem == "" {
		return words
	}
	return "(from Swarm) " + m.problem
}

// fleet is the services of one launch.
type fleet struct {
	*launcher.FleetBase
	*launch
	members []*member

	mu   sync.Mutex
	up   bool                    // the launch succeeded: from now on ends go to Exits
	fail context.CancelCauseFunc // of the launch

	watching sync.WaitGroup // the goroutine that unwatch ends
	unwatch  context.CancelFunc
}

// newFleet makes the members. fail ends the launch.
func newFleet(l *launch, fail context.CancelCauseFunc) *fleet {
	f := &fleet{launch: l, fail: fail, unwatch: func() {}}
	f.FleetBase = launcher.NewFleet(len(l.Workers), launcher.FleetParts{Halt: f.halt, Observe: l.Observe})
	terminal := workerlog.NewTerminal(l.Output, logs.FormatOf(l.JSON))
	taken := map[int]bool{}
	for i, w := range l.Workers {
		m := &member{
			worker: w, index: i, port: w.Port, announced: make(chan struct{}), again: make(chan struct{}, 1),
			log: workerlog.Open(w.Name, l.LogDir, terminal, func(err error) { l.Log.Warn("worker log", "error", err) }),
		}
		m.reader = enginelog.NewReader(w.Name, m.log, func(err error) { f.heard(m, err) })
		if m.port == 0 {
			m.port = l.anyPort(taken)
		}
		f.members = append(f.members, m)
	}
	return f
}

// listen gives each worker its address on this machine, and begins to watch the swarm.
func (f *fleet) listen(ctx context.Context) error {
	for _, m := range f.members {
		to, err := newForward(ctx, m.worker.Name, f.Log)
		if err != nil {
			return fmt.Errorf("an address for worker %s: %w", m.worker.Name, err)
		}
		m.forward, m.url = to, f.url(to.address())
	}
	watched, cancel := context.WithCancel(context.Background())
	f.unwatch = cancel
	f.watching.Go(func() { f.watch(watched) })
	return nil
}

// died reports a task's end.
func (f *fleet) died(m *member, e launcher.Exit, reason error) {
	if f.Stopping().Err() != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.up {
		f.Died(e)
		return
	}
	if reason == nil {
		reason = &launcher.ExitError{Exit: e, Port: m.worker.Port}
	}
	f.fail(reason)
}

// leave reports that Swarm does not start a worker again.
func (f *fleet) leave(m *member, e launcher.Exit) {
	f.mu.Lock()
	up := f.up
	f.mu.Unlock()
	if up && f.Stopping().Err() == nil {
		f.Observe(launcher.Event{Kind: launcher.Down, Worker: m.worker.Name, URL: m.url,
			Err: fmt.Errorf("%s, and is not to be started again then (restart: %s)", e, f.Restart.Name())})
	}
}

// heard notes that a worker has announced itself. It ends the launch if this program
// does not understand how, or if the worker refuses its data.
func (f *fleet) heard(m *member, err error) {
	defer m.heard.Do(func() { close(m.announced) })
	if err == nil {
		return
	}
	var data *launcher.DataError
	if !errors.As(err, &data) {
		err = fmt.Errorf("worker %s: %w", m.worker.Name, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail(err)
}

// succeed ends the launch, whose context is ctx: what dies from now on goes to
// Exits. What died before is the error.
func (f *fleet) succeed(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := causeOf(ctx, nil); err != nil {
		return err
	}
	for i, m := range f.members {
		f.SetEndpoint(i, launcher.Endpoint{Name: m.worker.Name, URL: m.url, Peer: f.peer(m.worker)})
	}
	f.up = true
	return nil
}

// causeOf is what ended a launch, whose context is ctx, if a worker did: by its death, by being placed nowhere, or by an
// announcement of another version or that its data is bad. Otherwise it is err.
func causeOf(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil || errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return err
	}
	var newer *handshake.VersionError
	var dead *launcher.ExitError
	var data *launcher.DataError
	var place *PlaceError
	if errors.As(cause, &newer) || errors.As(cause, &dead) || errors.As(cause, &data) || errors.As(cause, &place) || isPort(cause) {
		return cause
	}
	return err
}

// halt ends and removes all that the launch made.
func (f *fleet) halt(force context.Context) error {
	f.end(force)
	ctx, cancel := context.WithTimeout(context.Background(), removeTime)
	defer cancel()
	_, removeErr := remove(ctx, f.engine, labelRun(f.run))
	f.unwatch()
	f.watching.Wait()
	var errs []error
	for _, m := range f.members {
		if m.killed {
			errs = append(errs, fmt.Errorf("worker %s did not end when asked and was killed", m.worker.Name))
		}
	}
	if removeErr != nil {
		errs = append(errs, fmt.Errorf("removing the services of project %s: %w; `chimera down` tries again", f.Project, removeErr))
	}
	for _, m := range f.members {
		if m.forward != nil {
			m.forward.close()
		}
		errs = append(errs, m.log.Close())
	}
	if f.images != nil {
		f.images.close()
	}
	f.engine.Close()
	return errors.Join(errs...)
}

// end asks the workers to end, and waits until they have, and their logs are complete.
func (f *fleet) end(force context.Context) {
	patience, cancel := context.WithTimeout(context.Background(), f.StopGrace+removeTime)
	defer cancel()
	f.signal(patience, "TERM") // an agent of Swarm waits for 2 s before it does that
	_ = parallel.Do(patience, len(f.members), func(ctx context.Context, i int) error {
		if err := f.park(ctx, f.members[i]); err != nil {
			f.Log.WarnContext(ctx, "ending a worker", "worker", f.members[i].worker.Name, "error", err)
		}
		return nil
	})
	defer context.AfterFunc(force, func() { f.signal(patience, "KILL") })()
	for patience.Err() == nil && !f.ended() {
		_ = probe.Sleep(patience, lookQuick) // the loop looks at patience
	}
}

// park lets a worker run nowhere.
func (f *fleet) park(ctx context.Context, m *member) error {
	m.mu.Lock()
	id := m.service
	m.mu.Unlock()
	if id == "" {
		return nil
	}
	service, _, err := f.api().ServiceInspectWithRaw(ctx, id, swarm.ServiceInspectOptions{})
	if err != nil {
		return err
	}
	spec := service.Spec
	spec.TaskTemplate.Placement.Constraints = append(spec.TaskTemplate.Placement.Constraints, nowhere)
	_, err = f.api().ServiceUpdate(ctx, id, service.Version, spec, swarm.ServiceUpdateOptions{})
	return err
}

// ended reports whether no worker runs any more.
func (f *fleet) ended() bool {
	for _, m := range f.members {
		m.mu.Lock()
		runs := m.service != "" && !m.quiet
		m.mu.Unlock()
		if runs {
			return false
		}
	}
	return true
}

// signal reaches the containers that are on the engine of this program. Those on other nodes end within the grace.
func (f *fleet) signal(ctx context.Context, name string) {
	for _, m := range f.members {
		m.mu.Lock()
		service := m.service
		m.mu.Unlock()
		if service == "" {
			continue
		}
		list, err := f.api().ContainerList(ctx, container.ListOptions{Filters: having(labelOfSwarm + "=" + service)})
		if err != nil {
			continue // Swarm ends it
		}
		for _, c := range list {
			_ = f.api().ContainerKill(ctx, c.ID, name) // it may have ended
		}
	}
}

var _ launcher.Fleet = (*fleet)(nil)
