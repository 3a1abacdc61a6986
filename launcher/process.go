package launcher

import (
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
// too long. A worker that dies later is delivered by Exits and is not started
// again.
type Process struct{}

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
func (Process) Launch(ctx context.Context, p Plan) (Fleet, error) {
	l, err := begin(p, needMain)
	if err != nil {
		return nil, err
	}
	defer l.prober.Close()
	executables, err := l.build(ctx)
	if err != nil {
		return nil, err
	}

	n := len(l.Workers)
	f := newFleet(n, l.observer)
	children := make([]*child, n)
	f.halt = func(force context.Context) error {
		return parallel.Do(context.Background(), n, func(_ context.Context, i int) error {
			if children[i] == nil {
				return nil
			}
			return children[i].stop(force, l.StopGrace)
		})
	}
	ready := newBarrier(n)
	err = parallel.Do(ctx, n, func(ctx context.Context, i int) error {
		c, err := l.startChild(l.Workers[i], executables[i], f.died)
		if err != nil {
			return err
		}
		children[i] = c
		url, err := c.await(ctx, l)
		if err != nil {
			return err
		}
		f.endpoints[i] = Endpoint{Name: c.worker.Name, URL: url, Peer: url, PID: c.cmd.Process.Pid}
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
		Dir: l.Dir, Mains: mains, Progress: func(line string) { l.observer.emit(Event{Kind: Building, Detail: line}) },
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
