package docker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"

	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/parallel"
	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

// removeTime bounds the clean-up once the callers' contexts have ended.
const removeTime = 30 * time.Second

// inboxSize is how many events wait for a worker whose log is being read, so
// that those of the others need not.
const inboxSize = 16

// killedCode is the exit status of a container that SIGKILL ended.
const killedCode = 128 + 9

// fleet is the containers of one launch.
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

// newFleet begins to watch the engine. fail ends the launch.
func newFleet(l *launch, fail context.CancelCauseFunc) *fleet {
	f := &fleet{launch: l, fail: fail}
	f.FleetBase = launcher.NewFleet(len(l.Workers), launcher.FleetParts{Halt: f.halt, Observe: l.Observe})
	terminal := workerlog.NewTerminal(l.Output, logs.FormatOf(l.JSON))
	for i, w := range l.Workers {
		log := workerlog.Open(w.Name, l.LogDir, terminal, func(err error) { l.Log.Warn("worker log", "error", err) })
		f.members = append(f.members, &member{
			worker: w, index: i, log: log, inbox: make(chan events.Message, inboxSize),
			announced: make(chan struct{}), again: make(chan struct{}, 1), quiet: make(chan struct{}),
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.unwatch = cancel
	f.watching.Go(func() { f.watch(ctx) })
	for _, m := range f.members {
		f.watching.Go(func() { f.tend(ctx, m) })
	}
	return f
}

// died reports a container's end.
func (f *fleet) died(m *member, e launcher.Exit) {
	if f.Stopping().Err() != nil {
		m.once.Do(func() { close(m.quiet) })
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

// leave reports that the engine does not start a container again, now that it has ended so.
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
	if dead := deathOf(ctx); dead != nil {
		return dead
	}
	for i, m := range f.members {
		f.SetEndpoint(i, launcher.Endpoint{Name: m.worker.Name, URL: m.url, Peer: f.peer(m.worker)})
	}
	f.up = true
	return nil
}

// deathOf is what ended a launch, if a worker did: by its death, or by an
// announcement of another version or that its data is bad.
func deathOf(ctx context.Context) error {
	cause := context.Cause(ctx)
	var dead *launcher.ExitError
	var newer *handshake.VersionError
	var data *launcher.DataError
	if errors.As(cause, &dead) || errors.As(cause, &newer) || errors.As(cause, &data) {
		return cause
	}
	return nil
}

// halt stops and removes all that the launch made.
func (f *fleet) halt(force context.Context) error {
	err := parallel.Do(context.Background(), len(f.members), func(_ context.Context, i int) error {
		return f.stopMember(force, f.members[i])
	})
	ctx, cancel := context.WithTimeout(context.Background(), removeTime)
	defer cancel()
	// What a call that was given up may nevertheless have made has the run's label.
	_, removeErr := f.engine.remove(ctx, false, LabelRun+"="+f.run)
	f.unwatch()
	f.watching.Wait()
	if removeErr != nil {
		removeErr = fmt.Errorf("removing the containers of project %s: %w; `chimera down` tries again", f.Project, removeErr)
	}
	err = errors.Join(err, removeErr, f.closeLogs())
	f.engine.Close()
	return err
}

// stopMember asks a container to end and waits until its log is complete; an
// error says that it had to be killed.
func (f *fleet) stopMember(force context.Context, m *member) error {
	if m.id == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), removeTime)
	defer cancel()
	before, err := f.engine.api.ContainerInspect(ctx, m.id)
	if err != nil || before.State == nil || !before.State.Running {
		return nil //nolint:nilerr // what cannot be asked is removed, and that error counts
	}
	// The time that this takes is bounded by the grace and by force.
	seconds := int((f.StopGrace + time.Second - 1) / time.Second)
	if err := f.engine.api.ContainerStop(force, m.id, container.StopOptions{Timeout: &seconds}); err != nil {
		if force.Err() == nil && !errdefs.IsNotFound(err) {
			f.Log.WarnContext(force, "stopping a container", "worker", m.worker.Name, "error", err)
		}
	}
	ctx, cancel = context.WithTimeout(context.Background(), removeTime)
	defer cancel()
	after, err := f.engine.api.ContainerInspect(ctx, m.id)
	if err != nil || after.State == nil {
		return nil //nolint:nilerr // see above
	}
	if !after.State.Running {
		f.awaitQuiet(m)
		if after.State.ExitCode != killedCode {
			return nil
		}
	}
	return fmt.Errorf("worker %s did not end when asked and was killed", m.worker.Name)
}

// awaitQuiet waits for the end of a stopped container's log.
func (f *fleet) awaitQuiet(m *member) {
	ctx, cancel := context.WithTimeout(context.Background(), removeTime) // reached only if the engine does not report its end
	defer cancel()
	select {
	case <-m.quiet:
	case <-ctx.Done():
	}
}

func (f *fleet) closeLogs() error {
	var errs []error
	for _, m := range f.members {
		errs = append(errs, m.log.Close())
	}
	return errors.Join(errs...)
}

var _ launcher.Fleet = (*fleet)(nil)
