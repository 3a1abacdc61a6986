package docker

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/parallel"
)

// Launcher launches every worker of a plan in a container of its own; see the
// package comment. Launch connects to the engine that [Open] finds.
//
// Besides what [launcher.Launcher] promises, and the errors of building that
// [launcher.Process] has, Launch returns an *[EngineError], *[TakenError],
// *[PortError] or *[SubnetError] where the engine is the reason.
type Launcher struct {
	// HealthInterval is the time between two health checks by the engine, each
	// of which starts a process; 0 is 10 s.
	HealthInterval time.Duration
}

func init() {
	launcher.Register(string(config.DockerLauncher), launcher.Entry{New: func(launcher.Setup) (launcher.Launcher, error) { return Launcher{}, nil }})
}

const (
	defaultHealthInterval = 10 * time.Second
	// How many images and containers are made at the same time; an engine that is
	// asked for a hundred at once finishes none of them sooner.
	atOnce = 8
)

// Name is "docker".
func (Launcher) Name() string { return "docker" }

// Launch implements [launcher.Launcher].
func (d Launcher) Launch(ctx context.Context, p launcher.Plan) (launcher.Fleet, error) {
	p, err := p.Checked()
	if err != nil {
		return nil, err
	}
	l := &launch{Plan: p, healthInterval: cmp.Or(d.HealthInterval, defaultHealthInterval), run: strings.ToLower(rand.Text()),
		slots: make(chan struct{}, atOnce)}
	if err := l.check(); err != nil {
		return nil, err
	}
	if l.engine, err = Open(ctx); err != nil {
		return nil, err
	}
	executables, err := l.prepare(ctx)
	if err != nil {
		l.engine.Close()
		return nil, err
	}
	return l.start(ctx, executables)
}

// launch is what the containers of one launch share.
type launch struct {
	launcher.Plan
	engine         *Engine
	run            string // its label
	healthInterval time.Duration
	slots          chan struct{} // taken while a worker's image and container are made

	bind  netip.Addr // of the workers' ports on the engine's machine
	reach string     // the host at which they are reached from here

	networkID string
	addresses netip.Prefix
}

// Container and image names are made of these.
var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// check says what is wrong with the plan for containers.
func (l *launch) check() error {
	var bad []string
	if !namePattern.MatchString(l.Project) {
		bad = append(bad, fmt.Sprintf("%q is not a project's name for containers: want small letters, digits and inner hyphens, at most 63", l.Project))
	}
	for _, w := range l.Workers {
		if !namePattern.MatchString(w.Name) {
			bad = append(bad, fmt.Sprintf("%q is not a worker's name for containers: want small letters, digits and inner hyphens, at most 63", w.Name))
		}
		if w.Host != l.Workers[0].Host {
			bad = append(bad, fmt.Sprintf("workers %s and %s listen on different hosts", l.Workers[0].Name, w.Name))
		}
		if w.CPUShares < 0 || w.CPUs < 0 || w.Memory < 0 {
			bad = append(bad, fmt.Sprintf("worker %s: %d CPU shares, %g CPUs and %d bytes of memory: want none negative", w.Name, w.CPUShares, w.CPUs,
				w.Memory))
		}
	}
	if bad = append(bad, l.checkNetwork()...); len(bad) > 0 {
		return &launcher.PlanError{Problems: bad}
	}
	return nil
}

// prepare finds out whether the launch can succeed, and builds the workers. It
// makes nothing on the engine.
func (l *launch) prepare(ctx context.Context) (executables []string, err error) {
	if l.bind, l.reach, err = l.engine.address(ctx, l.Workers[0].Host); err != nil {
		return nil, err
	}
	if err := l.vacant(ctx); err != nil {
		return nil, err
	}
	return launcher.BuildFor(ctx, l.Plan, l.engine.target.OS, l.engine.target.Arch)
}

// vacant refuses a project that has containers on the engine.
func (l *launch) vacant(ctx context.Context) error {
	list, err := l.engine.api.ContainerList(ctx, container.ListOptions{All: true, Filters: having(LabelProject+"="+l.Project, LabelRun)})
	if err != nil {
		return l.engine.explain(err)
	}
	if len(list) > 0 {
		return &TakenError{Kind: "container", Name: trimName(list[0].Names), Project: l.Project, Same: true}
	}
	return nil
}

// start makes the network and the containers. It leaves nothing of them if it
// fails, also if it panics. The engine is closed with the fleet.
func (l *launch) start(ctx context.Context, executables []string) (_ launcher.Fleet, err error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	f := newFleet(l, fail)
	defer func() {
		if !f.up {
			f.Abandon()
		}
	}()
	if err := l.makeNetwork(ctx); err != nil {
		return nil, fmt.Errorf("launch: %w", err)
	}
	err = parallel.Do(ctx, len(f.members), func(ctx context.Context, i int) error {
		return l.startMember(ctx, f.members[i], executables[i])
	})
	if dead := deathOf(ctx); dead != nil {
		err = dead // what ended the waiting
	}
	if err == nil {
		err = f.succeed(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("launch: %w", err)
	}
	return f, nil
}

// startMember returns when the worker is ready.
func (l *launch) startMember(ctx context.Context, m *member, executable string) error {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	m.start = time.Now()
	err := l.makeMember(ctx, m, executable)
	<-l.slots
	if err != nil {
		return err
	}
	return l.await(ctx, m)
}

// makeMember makes the worker's image and its container, and starts it.
func (l *launch) makeMember(ctx context.Context, m *member, executable string) error {
	image, err := l.newImage(m.worker, executable)
	if err != nil {
		return fmt.Errorf("the image of worker %s: %w", m.worker.Name, err)
	}
	if err := l.load(ctx, m.worker, image); err != nil {
		return err
	}
	return l.runContainer(ctx, m, image.Reference())
}

// await returns when the worker in the container is ready.
func (l *launch) await(ctx context.Context, m *member) error {
	l.Observe(launcher.Event{Kind: launcher.Started, Worker: m.worker.Name, URL: m.url})
	if err := l.Await(ctx, m.worker, m.url, m.log.LastWords); err != nil {
		return err
	}
	if err := l.awaitAnnouncement(ctx, m); err != nil {
		return err
	}
	l.Observe(launcher.Event{Kind: launcher.Ready, Worker: m.worker.Name, URL: m.url, Elapsed: time.Since(m.start)})
	return nil
}

// followAgain is how long the log of a worker that is ready may lack its announcement before it is
// followed anew.
const followAgain = time.Second

// awaitAnnouncement waits for the announcement of a worker that is ready. The engine may not have passed it on yet; and one
// that follows a log can miss what is written just as it begins to, and passes that on only with the next
// line, which a worker without work does not write: a new reading begins with it.
func (l *launch) awaitAnnouncement(ctx context.Context, m *member) error {
	patience, cancel := context.WithTimeout(ctx, l.ReadyTimeout)
	defer cancel()
	look := time.NewTicker(followAgain)
	defer look.Stop()
	for {
		select {
		case <-m.announced:
			return ctx.Err()
		case <-patience.Done():
			return ctx.Err()
		case <-look.C:
			select {
			case m.again <- struct{}{}:
			default: // it has been asked for
			}
		}
	}
}

var _ launcher.Launcher = Launcher{}
