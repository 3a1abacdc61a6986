package kubernetes

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/launching"
)

// inboxSize is how many states of a pod wait while its log is being read, so that those of the others need not.
const inboxSize = 16

// member is one worker of a launch and its pod.
type member struct {
	*launching.Member
	tunnel *tunnel // nil if the worker is called by its name

	hasSecret, hasSet bool // they may be in the cluster, made by this launch or scaled by it

	inbox chan state

	mu      sync.Mutex
	waiting string        // why its pod does not run, in the cluster's words
	killed  bool          // it did not end when it was asked
	there   chan struct{} // closed while there is a pod; never nil
	gone    chan struct{} // closed while there is none; never nil

	abandoned bool // at the end of the fleet its node did not end its pod
}

// state is a pod as it was seen; removed says that it is no more.
type state struct {
	pod     *corev1.Pod
	removed bool
}

// fleet is the pods of one launch.
type fleet struct {
	*launcher.FleetBase
	*launch
	*launching.Launching
	members []*member

	watching sync.WaitGroup // the goroutines that unwatch ends
	unwatch  context.CancelFunc
}

// newFleet begins to watch the pods. The launch ends with ctx.
func newFleet(ctx context.Context, l *launch) *fleet {
	f := &fleet{launch: l}
	f.FleetBase = launcher.NewFleet(len(l.Workers), launcher.FleetParts{Halt: f.halt, End: f.endOne, Start: f.startOne, Observe: l.Observe})
	f.Launching = launching.New(ctx, l.Plan, f.FleetBase)
	for _, known := range f.Members {
		m := &member{Member: known, inbox: make(chan state, inboxSize), there: make(chan struct{}), gone: make(chan struct{})}
		close(m.gone)
		f.members = append(f.members, m)
	}
	watched, cancel := context.WithCancel(context.Background())
	f.unwatch = cancel
	f.watching.Go(func() { f.watch(watched) })
	for _, m := range f.members {
		f.watching.Go(func() { f.tend(watched, m) })
	}
	return f
}

// exists notes that there is a pod, or that there is none.
func (m *member) exists(yes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, other := &m.gone, &m.there
	if yes {
		now, other = other, now
	}
	select {
	case <-*now: // it is known
	default:
		close(*now)
		*other = make(chan struct{})
	}
}

// seen is closed once there is a pod.
func (m *member) seen() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.there
}

// removed is closed once there is no pod.
func (m *member) removed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gone
}

// waits notes why the pod does not run; empty if it does.
func (m *member) waits(why string) {
	m.mu.Lock()
	m.waiting = why
	m.mu.Unlock()
}

func (m *member) whyWaiting() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.waiting
}

// died reports a worker's end.
func (f *fleet) died(m *member, e launcher.Exit) {
	if f.Stopping().Err() != nil && e.Code == launching.KilledCode {
		m.mu.Lock()
		m.killed = true
		m.mu.Unlock()
	}
	f.Ended(m.Member, e, nil)
}

// leave takes the worker's replica away, since it is not to be started again now that it has ended so.
func (f *fleet) leave(ctx context.Context, m *member, e launcher.Exit) {
	if !f.Running() {
		return
	}
	if err := f.scaleDown(ctx, m.Worker); err != nil {
		f.Log.WarnContext(ctx, "a worker is started again though it should not be", "worker", m.Worker.Name, "error", err)
		return
	}
	f.Left(m.Member, e)
}

// stuck ends the launch if a pod cannot run as it is. Later the cluster tries again by itself, and the log says why it has to.
func (f *fleet) stuck(ctx context.Context, err *PodError) {
	if !f.Fail(err) {
		f.Log.WarnContext(ctx, "a worker does not run", "worker", err.Worker, "error", err)
	}
}

// endpoint is where a worker is.
func (f *fleet) endpoint(i int) launcher.Endpoint {
	m := f.members[i]
	return launcher.Endpoint{Name: m.Worker.Name, URL: m.URL, Peer: f.peer(m.Worker)}
}
