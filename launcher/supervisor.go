package launcher

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/gochimera/chimera/launcher/internal/parallel"
)

// Supervisor brings workers up that run as something of their own, such as
// processes here or elsewhere, and keeps them running: it keeps their logs, reads
// their announcements, waits until they are ready, reports those that end and
// starts them again as the plan's Restart says. [Process] is a Supervisor that
// starts executables; a launcher of your own gives it a Start that does otherwise.
type Supervisor struct {
	// Start starts a worker and returns at once. It is called for several workers at
	// the same time, and again for one that has ended.
	Start func(Job) (Instance, error)

	Restarts     int           // tries in a row, without success, to start a worker again; 0 is 10
	RestartPause time.Duration // before the first of them; 0 is 0.1 s
}

// Job is one start of a worker.
type Job struct {
	Worker    Worker   // as in the checked plan; one that is started again keeps its port
	Index     int      // in the plan, from 0
	Dir       string   // the project's folder, absolute
	Environ   []string // this program's environment and the worker's own, for a process on this machine
	Variables []string // what the worker must be given beside those; they take precedence over Environ

	// Secret is what the plan's Identity has issued for it, without a line's end; nil if there is none. The variables say that the worker reads
	// it as the first line of its standard input, and StartCommand writes it there.
	Secret []byte

	// Where its output goes. What it prints on standard output must come here, since
	// its announcement is read from it.
	Stdout, Stderr io.Writer
}

// Instance is a worker that was started. Its methods may be called by several
// goroutines.
type Instance interface {
	// Wait returns when the worker has ended and its output was written. It is called
	// once. The supervisor fills in the worker's name and last words.
	Wait() Exit

	// Ask asks the worker to end, and Kill ends it, with all that it has started. Both
	// return at once, and do nothing if it has ended.
	Ask()
	Kill()

	PID() int // of its process here; 0 if it has none
}

// Launch keeps the promises of [Launcher].Launch. It needs no main packages: a
// launcher that does uses [Plan.Checked] and [Build] before.
func (s Supervisor) Launch(ctx context.Context, plan Plan) (Fleet, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	l, err := begin(plan, needAddress)
	if err != nil {
		return nil, err
	}
	defer l.prober.Close()
	s.Restarts = cmp.Or(s.Restarts, defaultRestarts)
	s.RestartPause = cmp.Or(s.RestartPause, defaultRestartPause)

	n := len(l.Workers)
	keepers := make([]*keeper, n)
	f := NewFleet(n, FleetParts{
		PID: func(i int) int { return keepers[i].pid() },
		Halt: func(force context.Context) error {
			return parallel.Do(context.Background(), n, func(_ context.Context, i int) error { return keepers[i].stop(force) })
		},
		End:     func(ctx context.Context, i int) error { return keepers[i].end(ctx) },
		Start:   func(ctx context.Context, i int) error { return keepers[i].again(ctx) },
		Observe: l.observer.emit,
	})
	for i, w := range l.Workers {
		keepers[i] = &keeper{launch: l, fleet: f, worker: w, index: i, create: s.Start, tries: tries{most: s.Restarts, pause: s.RestartPause}}
	}
	if err := bringUp(ctx, f, keepers); err != nil {
		f.Abandon()
		return nil, fmt.Errorf("launch: %w", err)
	}
	for _, k := range keepers {
		k.begin()
	}
	return f, nil
}

func (s Supervisor) check() error {
	if s.Restarts < 0 || s.RestartPause < 0 {
		return &PlanError{Problems: []string{fmt.Sprintf("%d restarts with pauses of %v: want neither negative", s.Restarts, s.RestartPause)}}
	}
	return nil
}

// bringUp returns when every worker is ready.
func bringUp(ctx context.Context, f *FleetBase, keepers []*keeper) error {
	ready := newBarrier(len(keepers))
	return parallel.Do(ctx, len(keepers), func(ctx context.Context, i int) error {
		k := keepers[i]
		c, err := k.first(ctx)
		if err != nil {
			return err
		}
		f.SetEndpoint(i, Endpoint{Name: k.worker.Name, URL: k.url, Peer: k.url})
		ready.arrive()
		select {
		case <-ready.open:
			return nil
		case <-c.gone.Done(): // ready, and dead before the others were ready
			return &ExitError{Exit: c.exit, Port: c.worker.Port}
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}
