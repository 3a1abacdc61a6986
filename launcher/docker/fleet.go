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

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/launching"
	"github.com/gochimera/chimera/launcher/internal/parallel"
)

// removeTime bounds the clean-up once the callers' contexts have ended.
const removeTime = 30 * time.Second

// inboxSize is how many events wait for a worker whose log is being read, so
// that those of the others need not.
const inboxSize = 16

// fleet is the containers of one launch.
type fleet struct {
	*launcher.FleetBase
	*launch
	*launching.Launching
	members []*member

	watching sync.WaitGroup // the goroutines that unwatch ends
	unwatch  context.CancelFunc
}

// newFleet begins to watch the engine. The launch ends with ctx.
func newFleet(ctx context.Context, l *launch) *fleet {
	f := &fleet{launch: l}
	f.FleetBase = launcher.NewFleet(len(l.Workers), launcher.FleetParts{Halt: f.halt, End: f.endOne, Start: f.startOne, Observe: l.Observe})
	f.Launching = launching.New(ctx, l.Plan, f.FleetBase)
	for _, m := range f.Members {
		f.members = append(f.members, &member{Member: m, inbox: make(chan events.Message, inboxSize), quiet: make(chan struct{})})
	}
	watched, cancel := context.WithCancel(context.Background())
	f.unwatch = cancel
	f.watching.Go(func() { f.watch(watched) })
	for _, m := range f.members {
		f.watching.Go(func() { f.tend(watched, m) })
	}
	return f
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
	err = errors.Join(err, removeErr, f.CloseLogs())
	f.engine.Close()
	return err
}

// stopMember asks a container to end and waits until its log is complete; an
// error says that it had to be killed.
func (f *fleet) stopMember(force context.Context, m *member) error {
	ran, stopped, killed := f.stopContainer(force, m)
	if ran && stopped {
		f.awaitQuiet(m)
	}
	if killed {
		return m.Killed()
	}
	return nil
}

// stopContainer asks a container to end, and waits until it has, or force ends: whether it ran, does not any more, and had to be killed.
func (f *fleet) stopContainer(force context.Context, m *member) (ran, stopped, killed bool) {
	if m.id == "" {
		return false, true, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), removeTime)
	defer cancel()
	before, err := f.engine.api.ContainerInspect(ctx, m.id)
	if err != nil || before.State == nil || !before.State.Running {
		return false, true, false // what cannot be asked is removed, and that error counts
	}
	// The time that this takes is bounded by the grace and by force.
	seconds := int((f.StopGrace + time.Second - 1) / time.Second)
	if err := f.engine.api.ContainerStop(force, m.id, container.StopOptions{Timeout: &seconds}); err != nil {
		if force.Err() == nil && !errdefs.IsNotFound(err) {
			f.Log.WarnContext(force, "stopping a container", "worker", m.Worker.Name, "error", err)
		}
	}
	ctx, cancel = context.WithTimeout(context.Background(), removeTime)
	defer cancel()
	after, err := f.engine.api.ContainerInspect(ctx, m.id)
	if err != nil || after.State == nil {
		return true, false, false // see above
	}
	return true, !after.State.Running, after.State.Running || after.State.ExitCode == launching.KilledCode
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

var _ launcher.Fleet = (*fleet)(nil)
