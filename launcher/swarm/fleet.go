package swarm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/swarm"

	"github.com/gochimera/chimera/internal/lines"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/enginelog"
	"github.com/gochimera/chimera/launcher/internal/launching"
	"github.com/gochimera/chimera/launcher/internal/parallel"
	"github.com/gochimera/chimera/launcher/internal/probe"
)

const (
	// removeTime bounds the clean-up once the callers' contexts have ended.
	removeTime = 30 * time.Second
	// nowhere is a constraint that no node satisfies: a worker that may run nowhere is ended, and its log can still be read.
	nowhere = "node.id==none"
)

// member is one worker of a launch and its service.
type member struct {
	*launching.Member
	port    int // published on the node that it runs on
	reader  *enginelog.Reader
	forward *forward
	named   chan struct{} // closed when the other workers know its name
	once    sync.Once     // closes named

	mu      sync.Mutex
	service string        // its ID; empty: not made yet
	problem string        // why its newest task does not run
	killed  bool          // it did not end when asked
	quiet   bool          // it has ended after Stop began, and its log is complete
	idle    chan struct{} // see parks; nil of a worker that may run, and once it is closed
}

// parks notes that a worker may run nowhere. What it returns is closed when nothing of it runs, and all that has ended was reported.
func (m *member) parks() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.idle = make(chan struct{})
	return m.idle
}

// parked is the channel of parks; nil if nobody waits for that.
func (m *member) parked() chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.idle
}

// words are the end of the worker's log, or what keeps it from writing one.
func (m *member) words() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if words := m.Log.LastWords(); words != "" || m.problem == "" {
		return words
	}
	return "(from Swarm) " + m.problem
}

// fleet is the services of one launch.
type fleet struct {
	*launcher.FleetBase
	*launch
	*launching.Launching
	members []*member

	watching sync.WaitGroup // the goroutine that unwatch ends
	unwatch  context.CancelFunc
}

// newFleet makes the members. The launch ends with ctx.
func newFleet(ctx context.Context, l *launch) *fleet {
	f := &fleet{launch: l, unwatch: func() {}}
	f.FleetBase = launcher.NewFleet(len(l.Workers), launcher.FleetParts{Halt: f.halt, End: f.endOne, Start: f.startOne, Observe: l.Observe})
	f.Launching = launching.New(ctx, l.Plan, f.FleetBase)
	taken := map[int]bool{}
	for _, known := range f.Members {
		m := &member{Member: known, port: known.Worker.Port, named: make(chan struct{})}
		m.reader = enginelog.NewReader(f.Output(known), lines.New(known.Log.Err))
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
		to, err := newForward(ctx, m.Worker.Name, f.Log)
		if err != nil {
			return fmt.Errorf("an address for worker %s: %w", m.Worker.Name, err)
		}
		m.forward, m.URL = to, f.url(to.address())
	}
	watched, cancel := context.WithCancel(context.Background())
	f.unwatch = cancel
	f.watching.Go(func() { f.watch(watched) })
	return nil
}

// endpoint is where a worker is.
func (f *fleet) endpoint(i int) launcher.Endpoint {
	m := f.members[i]
	return launcher.Endpoint{Name: m.Worker.Name, URL: m.URL, Peer: f.peer(m.Worker)}
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
			errs = append(errs, m.Killed())
		}
	}
	if removeErr != nil {
		errs = append(errs, fmt.Errorf("removing the services of project %s: %w; `chimera down` tries again", f.Project, removeErr))
	}
	for _, m := range f.members {
		if m.forward != nil {
			m.forward.close()
		}
	}
	errs = append(errs, f.CloseLogs())
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
			f.Log.WarnContext(ctx, "ending a worker", "worker", f.members[i].Worker.Name, "error", err)
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
	return f.place(ctx, id, func(constraints []string) []string { return append(constraints, nowhere) })
}

// place changes what a node must be to run a worker.
func (f *fleet) place(ctx context.Context, id string, change func([]string) []string) error {
	service, _, err := f.api().ServiceInspectWithRaw(ctx, id, swarm.ServiceInspectOptions{})
	if err != nil {
		return err
	}
	spec := service.Spec
	spec.TaskTemplate.Placement.Constraints = change(spec.TaskTemplate.Placement.Constraints)
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
		f.signalOne(ctx, m, name)
	}
}

func (f *fleet) signalOne(ctx context.Context, m *member, name string) {
	m.mu.Lock()
	service := m.service
	m.mu.Unlock()
	if service == "" {
		return
	}
	list, err := f.api().ContainerList(ctx, container.ListOptions{Filters: having(labelOfSwarm + "=" + service)})
	if err != nil {
		return // Swarm ends it
	}
	for _, c := range list {
		_ = f.api().ContainerKill(ctx, c.ID, name) // it may have ended
	}
}

var _ launcher.Fleet = (*fleet)(nil)
