package launcher

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gochimera/chimera/launcher/internal/queue"
)

// FleetBase is the part of a [Fleet] that is the same for every launcher: where
// the workers are, the exits, which need not be read, and a Stop that may be called
// repeatedly and concurrently. A launcher of your own makes one with [NewFleet],
// sets the endpoints while it launches, reports with Died what ends by itself, and
// returns it.
type FleetBase struct {
	parts     FleetParts
	endpoints []Endpoint
	exits     *queue.Queue[Exit]

	stopping context.Context // ends when Stop begins
	begin    context.CancelFunc
	force    context.Context // ends when the context of a caller of Stop does
	hurry    context.CancelFunc
	once     sync.Once
	err      error
}

// FleetParts are what differs between launchers.
type FleetParts struct {
	// Halt ends every worker, forcing those that are left when force ends, and
	// returns when nothing of them is left. It is called once, by the first Stop.
	Halt    func(force context.Context) error
	PID     func(worker int) int // of the worker's process now, 0 if it has none; nil: there are no processes
	Observe func(Event)          // is called when the fleet stops; may be nil
}

// NewFleet makes a fleet of as many workers as the plan has.
func NewFleet(workers int, parts FleetParts) *FleetBase {
	if parts.Observe == nil {
		parts.Observe = func(Event) {}
	}
	f := &FleetBase{parts: parts, endpoints: make([]Endpoint, workers), exits: queue.New[Exit](workers)}
	f.stopping, f.begin = context.WithCancel(context.Background())
	f.force, f.hurry = context.WithCancel(context.Background())
	return f
}

// SetEndpoint says where the i-th worker of the plan is. It is for the launch,
// before the fleet is returned; different workers may be set at the same time.
func (f *FleetBase) SetEndpoint(i int, e Endpoint) { f.endpoints[i] = e }

// Endpoints implements [Fleet].
func (f *FleetBase) Endpoints() []Endpoint {
	list := slices.Clone(f.endpoints)
	for i := range list {
		if f.parts.PID != nil {
			list[i].PID = f.parts.PID(i)
		}
	}
	return list
}

// Exits implements [Fleet].
func (f *FleetBase) Exits() <-chan Exit { return f.exits.Out() }

// Died reports a worker's end, unless it was asked to end.
func (f *FleetBase) Died(e Exit) {
	if f.stopping.Err() == nil {
		f.exits.Put(e)
	}
}

// Stopping ends when Stop begins: no worker is to be started again then.
func (f *FleetBase) Stopping() context.Context { return f.stopping }

// Force ends when the context of a caller of Stop does.
func (f *FleetBase) Force() context.Context { return f.force }

// Stop implements [Fleet].
func (f *FleetBase) Stop(ctx context.Context) error {
	defer context.AfterFunc(ctx, f.hurry)()
	f.once.Do(func() {
		start := time.Now()
		f.parts.Observe(Event{Kind: Stopping})
		f.begin()
		f.err = f.parts.Halt(f.force)
		f.exits.Close()
		f.hurry()
		f.parts.Observe(Event{Kind: Stopped, Elapsed: time.Since(start)})
	})
	return f.err
}

// Abandon ends what a failed launch has started. Its errors are dropped: the launch has
// an error of its own.
func (f *FleetBase) Abandon() { _ = f.Stop(context.Background()) }

var _ Fleet = (*FleetBase)(nil)

// barrier holds workers that are ready, and watches them, until all are ready.
type barrier struct {
	mu   sync.Mutex
	left int
	open chan struct{}
}

func newBarrier(n int) *barrier { return &barrier{left: n, open: make(chan struct{})} }

func (b *barrier) arrive() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left--; b.left == 0 {
		close(b.open)
	}
}
