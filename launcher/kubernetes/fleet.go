package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

// inboxSize is how many states of a pod wait while its log is being read, so that those of the others need not.
const inboxSize = 16

// member is one worker of a launch and its pod.
type member struct {
	worker launcher.Worker
	index  int
	url    string
	tunnel *tunnel // nil if the worker is called by its name
	log    *workerlog.Log
	start  time.Time

	hasSecret, hasSet bool // they may be in the cluster, made by this launch or scaled by it

	announced chan struct{} // closed when the launcher has read its announcement
	heard     sync.Once     // closes announced
	seen      chan struct{} // closed when there is a pod
	appeared  sync.Once     // closes seen
	inbox     chan state

	mu      sync.Mutex
	waiting string        // why its pod does not run, in the cluster's words
	killed  bool          // it did not end when it was asked
	gone    chan struct{} // closed while there is no pod; never nil
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
	members []*member

	mu   sync.Mutex
	up   bool                    // the launch succeeded: from now on ends go to Exits
	fail context.CancelCauseFunc // of the launch

	watching sync.WaitGroup // the goroutines that unwatch ends
	unwatch  context.CancelFunc
}

// newFleet begins to watch the pods. fail ends the launch.
func newFleet(l *launch, fail context.CancelCauseFunc) *fleet {
	f := &fleet{launch: l, fail: fail}
	f.FleetBase = launcher.NewFleet(len(l.Workers), launcher.FleetParts{Halt: f.halt, Observe: l.Observe})
	terminal := workerlog.NewTerminal(l.Output, logs.FormatOf(l.JSON))
	for i, w := range l.Workers {
		log := workerlog.Open(w.Name, l.LogDir, terminal, func(err error) { l.Log.Warn("worker log", "error", err) })
		m := &member{
			worker: w, index: i, log: log, inbox: make(chan state, inboxSize), announced: make(chan struct{}), seen: make(chan struct{}), gone: make(chan struct{}),
		}
		close(m.gone)
		f.members = append(f.members, m)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.unwatch = cancel
	f.watching.Go(func() { f.watch(ctx) })
	for _, m := range f.members {
		f.watching.Go(func() { f.tend(ctx, m) })
	}
	return f
}

// exists notes that there is a pod, or that there is none.
func (m *member) exists(yes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.gone:
		if yes {
			m.gone = make(chan struct{})
		}
	default:
		if !yes {
			close(m.gone)
		}
	}
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
	if f.Stopping().Err() != nil {
		if e.Code == killedCode {
			m.mu.Lock()
			m.killed = true
			m.mu.Unlock()
		}
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.up {
		f.Died(e)
		return
	}
	f.fail(&launcher.ExitError{Exit: e, Port: m.worker.Port})
}

// leave takes the worker's replica away, since it is not to be started again now that it has ended so.
func (f *fleet) leave(ctx context.Context, m *member, e launcher.Exit) {
	f.mu.Lock()
	up := f.up
	f.mu.Unlock()
	if !up || f.Stopping().Err() != nil {
		return
	}
	if err := f.scaleDown(ctx, m.worker); err != nil {
		f.Log.WarnContext(ctx, "a worker is started again though it should not be", "worker", m.worker.Name, "error", err)
		return
	}
	f.Observe(launcher.Event{Kind: launcher.Down, Worker: m.worker.Name, URL: m.url,
		Err: fmt.Errorf("%s, and is not to be started again then (restart: %s)", e, f.Restart.Name())})
}

// stuck ends the launch if a pod cannot run as it is. Later the cluster tries again by itself, and the log says why it has to.
func (f *fleet) stuck(ctx context.Context, err *PodError) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.up {
		f.fail(err)
		return
	}
	f.Log.WarnContext(ctx, "a worker does not run", "worker", err.Worker, "error", err)
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

// succeed ends the launch, whose context is ctx: what dies from now on goes to Exits. What died before is the error.
func (f *fleet) succeed(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cause := whyFailed(ctx); cause != nil {
		return cause
	}
	for i, m := range f.members {
		f.SetEndpoint(i, launcher.Endpoint{Name: m.worker.Name, URL: m.url, Peer: f.peer(m.worker)})
	}
	f.up = true
	return nil
}

// whyFailed is what ended a launch, if a worker or its pod did.
func whyFailed(ctx context.Context) error {
	cause := context.Cause(ctx)
	var dead *launcher.ExitError
	var newer *handshake.VersionError
	var data *launcher.DataError
	var stuck *PodError
	if errors.As(cause, &dead) || errors.As(cause, &newer) || errors.As(cause, &data) || errors.As(cause, &stuck) {
		return cause
	}
	return nil
}
