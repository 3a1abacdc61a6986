package launcher

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gochimera/chimera/launcher/internal/queue"
)

// fleet is what all launchers make of their workers.
type fleet struct {
	endpoints []Endpoint
	exits     *queue.Queue[Exit]
	observer  *observer
	pid       func(worker int) int // of its process now; nil: there are no processes

	// halt ends every worker, forcing those that are left when force ends, and
	// returns when nothing of them is left.
	halt func(force context.Context) error

	stopping context.Context // ends when Stop begins
	begin    context.CancelFunc
	force    context.Context // ends when a caller of Stop has no more patience
	hurry    context.CancelFunc
	once     sync.Once
	err      error
}

func newFleet(workers int, o *observer) *fleet {
	f := &fleet{endpoints: make([]Endpoint, workers), exits: queue.New[Exit](workers), observer: o}
	f.stopping, f.begin = context.WithCancel(context.Background())
	f.force, f.hurry = context.WithCancel(context.Background())
	return f
}

func (f *fleet) Endpoints() []Endpoint {
	list := slices.Clone(f.endpoints)
	for i := range list {
		if f.pid != nil {
			list[i].PID = f.pid(i)
		}
	}
	return list
}

func (f *fleet) Exits() <-chan Exit { return f.exits.Out() }

func (f *fleet) Stop(ctx context.Context) error {
	defer context.AfterFunc(ctx, f.hurry)()
	f.once.Do(func() {
		start := time.Now()
		f.observer.emit(Event{Kind: Stopping})
		f.begin()
		f.err = f.halt(f.force)
		f.exits.Close()
		f.hurry()
		f.observer.emit(Event{Kind: Stopped, Elapsed: time.Since(start)})
	})
	return f.err
}

// died reports a worker's end, unless it was told to end.
func (f *fleet) died(e Exit) {
	if f.stopping.Err() == nil {
		f.exits.Put(e)
	}
}

// abandon ends what a failed launch started. Its errors add nothing to the
// launch's own.
func (f *fleet) abandon() { _ = f.Stop(context.Background()) }

// barrier lets workers that are ready watch themselves until all are.
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
