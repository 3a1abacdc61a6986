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
	"github.com/gochimera/chimera/launcher/internal/launching"
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
)

// Name is "docker".
func (Launcher) Name() string { return "docker" }

// Launch implements [launcher.Launcher].
func (d Launcher) Launch(ctx context.Context, p launcher.Plan) (launcher.Fleet, error) {
	p, err := p.Checked()
	if err != nil {
		return nil, err
	}
	l := &launch{Plan: p, healthInterval: cmp.Or(d.HealthInterval, defaultHealthInterval), run: strings.ToLower(rand.Text())}
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
func (l *launch) start(ctx context.Context, executables []string) (launcher.Fleet, error) {
	f := newFleet(ctx, l)
	err := f.BringUp(launching.Steps{
		Share: l.makeNetwork,
		Start: func(ctx context.Context, i int) error {
			m := f.members[i]
			if err := f.Make(ctx, m.Member, func(ctx context.Context) error { return l.makeMember(ctx, m, executables[i]) }); err != nil {
				return err
			}
			return f.Await(ctx, m.Member, m.Log.LastWords)
		},
		Endpoint: f.endpoint,
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// endpoint is where a worker is.
func (f *fleet) endpoint(i int) launcher.Endpoint {
	m := f.members[i]
	return launcher.Endpoint{Name: m.Worker.Name, URL: m.URL, Peer: f.peer(m.Worker)}
}

// makeMember makes the worker's image and its container, and starts it.
func (l *launch) makeMember(ctx context.Context, m *member, executable string) error {
	image, err := l.newImage(m.Worker, executable)
	if err != nil {
		return fmt.Errorf("the image of worker %s: %w", m.Worker.Name, err)
	}
	if err := l.load(ctx, m.Worker, image); err != nil {
		return err
	}
	return l.runContainer(ctx, m, image.Reference())
}

var _ launcher.Launcher = Launcher{}
