package launcher

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/gochimera/chimera/launcher/internal/gobuild"
	"github.com/gochimera/chimera/launcher/internal/parallel"
)

// Process launches each worker as a child process on this machine. It needs
// nothing but the go command, with which it builds the workers' mains into a
// cache (CHIMERA_CACHE, else a folder of the user's cache); what is up to date
// is not built again. CPU shares and the network do not apply.
//
// Besides what [Launcher] promises, Launch returns a *BuildError,
// *NoGoError or *NoCompilerError if the mains cannot be built, an *ExitError
// with the worker's last words if one ends early, and a *NotReadyError if one takes
// too long.
//
// A worker that ends later is delivered by Exits and, where the plan's Restart
// says so, started again: with the same environment and log file, on the port it
// had, and with the same checks. Before each try it waits twice as long as
// before, up to 10 s, and after too many in a row it is left alone. A try that
// cannot end otherwise, as when the executable is gone, is the last. A worker that
// has been ready for 10 s was started with success: the next tries are counted
// anew. Retrying events and warnings tell of every try and its reason (another
// program may have taken the port), Again that the worker is ready, Down that
// it is left alone.
type Process struct {
	Restarts     int           // tries in a row, without success, to start a worker again; 0 is 10
	RestartPause time.Duration // before the first of them; 0 is 0.1 s
}

// The errors of building the workers' mains.
type (
	// BuildError holds what the go command printed, as it is.
	BuildError = gobuild.Error
	// NoGoError says that there is no go command.
	NoGoError = gobuild.NoGoError
	// NoCompilerError says that workers need a C compiler and there is none.
	NoCompilerError = gobuild.NoCompilerError
)

// Name is "process".
func (Process) Name() string { return "process" }

// Launch implements [Launcher].
func (p Process) Launch(ctx context.Context, plan Plan) (Fleet, error) {
	l, err := begin(plan, needMain)
	if err != nil {
		return nil, err
	}
	defer l.prober.Close()
	if p.Restarts < 0 || p.RestartPause < 0 {
		return nil, &PlanError{Problems: []string{fmt.Sprintf("%d restarts with pauses of %v: want neither negative", p.Restarts, p.RestartPause)}}
	}
	p.Restarts = cmp.Or(p.Restarts, defaultRestarts)
	p.RestartPause = cmp.Or(p.RestartPause, defaultRestartPause)
	executables, err := l.build(ctx)
	if err != nil {
		return nil, err
	}

	n := len(l.Workers)
	f := newFleet(n, l.observer)
	keepers := make([]*keeper, n)
	for i, w := range l.Workers {
		keepers[i] = &keeper{launch: l, fleet: f, worker: w, executable: executables[i], tries: tries{most: p.Restarts, pause: p.RestartPause}}
	}
	f.pid = func(i int) int { return keepers[i].pid() }
	f.halt = func(force context.Context) error {
		return parallel.Do(context.Background(), n, func(_ context.Context, i int) error { return keepers[i].stop(force) })
	}
	ready := newBarrier(n)
	err = parallel.Do(ctx, n, func(ctx context.Context, i int) error {
		k := keepers[i]
		c, err := k.first(ctx)
		if err != nil {
			return err
		}
		f.endpoints[i] = Endpoint{Name: k.worker.Name, URL: k.url, Peer: k.url}
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
	if err != nil {
		f.abandon()
		return nil, fmt.Errorf("launch: %w", err)
	}
	for _, k := range keepers {
		k.begin()
	}
	return f, nil
}

// build returns each worker's executable.
func (l *launch) build(ctx context.Context) ([]string, error) {
	start := time.Now()
	l.observer.emit(Event{Kind: Building})
	mains := make([]gobuild.Main, 0, len(l.Workers))
	for _, w := range l.Workers {
		mains = append(mains, gobuild.Main{Folder: w.Main, Cgo: w.Cgo})
	}
	executables, err := gobuild.Build(ctx, gobuild.Request{
		Dir: l.Dir, Mains: mains, Like: gobuild.ThisProgram(), Progress: func(line string) { l.observer.emit(Event{Kind: Building, Detail: line}) },
	})
	if err != nil {
		return nil, err
	}
	l.observer.emit(Event{Kind: Built, Elapsed: time.Since(start)})
	return executables, nil
}

var (
	_ Launcher = Process{}
	_ Fleet    = (*fleet)(nil)
)
