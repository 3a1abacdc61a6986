package launcher

import (
	"context"
	"errors"
	"fmt"
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
	scaling   []sync.Mutex // one a worker: it is started, or ended

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
	Halt func(force context.Context) error

	// End ends one worker, which is not started again then, and Start starts it again where it was, for workers that leave and join; nil:
	// single workers cannot. Both return when that is done. They are not called at the same time for one worker, nor after Stop has begun.
	End, Start func(ctx context.Context, worker int) error

	PID     func(worker int) int // of the worker's process now, 0 if it has none; nil: there are no processes
	Observe func(Event)          // is called when the fleet stops; may be nil
}

// NewFleet makes a fleet of as many workers as the plan has.
func NewFleet(workers int, parts FleetParts) *FleetBase {
	if parts.Observe == nil {
		parts.Observe = func(Event) {}
	}
	f := &FleetBase{parts: parts, endpoints: make([]Endpoint, workers), scaling: make([]sync.Mutex, workers), exits: queue.New[Exit](workers)}
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
		for i := range f.scaling { // until no worker is being started any more
			f.scaling[i].Lock()
			defer f.scaling[i].Unlock()
		}
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

// Scales implements [Scaler].
func (f *FleetBase) Scales() bool { return f.parts.End != nil && f.parts.Start != nil }

// End implements [Scaler].
func (f *FleetBase) End(ctx context.Context, worker string) error {
	return f.scale(ctx, worker, f.parts.End)
}

// Start implements [Scaler].
func (f *FleetBase) Start(ctx context.Context, worker string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(f.stopping, cancel)() // Stop does not wait until it is ready
	return f.scale(ctx, worker, f.parts.Start)
}

func (f *FleetBase) scale(ctx context.Context, worker string, do func(context.Context, int) error) error {
	i := slices.IndexFunc(f.endpoints, func(e Endpoint) bool { return e.Name == worker })
	switch {
	case !f.Scales():
		return errors.New("this launcher cannot start and end single workers")
	case i < 0:
		return fmt.Errorf("there is no worker %s", worker)
	}
	f.scaling[i].Lock()
	defer f.scaling[i].Unlock()
	if f.stopping.Err() != nil {
		return fmt.Errorf("worker %s: the workers are being stopped", worker)
	}
	return do(ctx, i)
}

var (
	_ Fleet  = (*FleetBase)(nil)
	_ Scaler = (*FleetBase)(nil)
)

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
