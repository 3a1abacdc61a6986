package swarm

import (
	"cmp"
	"context"
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/client"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/gobuild"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/internal/launching"
)

// Launcher launches every worker of a plan as a service of a Docker Swarm; see the package comment. Launch connects to the
// engine that [docker.Open] finds, which must be a manager.
//
// Besides what [launcher.Launcher] promises, and the errors of building that [launcher.Process] has, Launch returns an
// *[docker.EngineError], *[NoSwarmError], *[TakenError], *[PlaceError], *[NoRelayError], *[ConfigSizeError] or
// *[docker.PortError] where the swarm is the reason.
type Launcher struct {
	config.Swarm

	Registry string // where images go, instead of being offered to the nodes; see config.Images

	// HealthInterval is the time between two health checks by an engine, each of which starts a process; 0 is 10 s, or 1 s
	// on engines that cannot check more often until a worker is ready.
	HealthInterval time.Duration
}

func init() {
	launcher.Register(string(config.SwarmLauncher), launcher.Entry{New: func(s launcher.Setup) (launcher.Launcher, error) {
		if s.Config == nil {
			return Launcher{}, nil
		}
		return Launcher{Swarm: s.Config.Swarm, Registry: s.Config.Images.Registry}, nil
	}})
}

const (
	defaultPort = 80
	// Threads and processes of one worker; a Go program has a few tens of threads.
	maxProcesses = 512
	// Published ports of workers that may have any, and of relays: below those that systems give to outgoing connections.
	firstPort, lastPort = 20000, 32767
)

// Name is "swarm".
func (Launcher) Name() string { return "swarm" }

// Launch implements [launcher.Launcher].
func (s Launcher) Launch(ctx context.Context, p launcher.Plan) (launcher.Fleet, error) {
	p, err := p.Checked()
	if err != nil {
		return nil, err
	}
	l := &launch{Plan: p, settings: s, run: strings.ToLower(cryptorand.Text())}
	l.Network.Name = cmp.Or(l.Network.Name, l.Project+"-network")
	l.Network.Port = cmp.Or(l.Network.Port, defaultPort)
	if err := l.check(); err != nil {
		return nil, err
	}
	if l.engine, err = docker.Open(ctx); err != nil {
		return nil, err
	}
	executables, err := l.prepare(ctx)
	if err != nil {
		l.engine.Close()
		return nil, err
	}
	return l.start(ctx, executables)
}

// launch is what the services of one launch share.
type launch struct {
	launcher.Plan
	settings Launcher
	engine   *docker.Engine
	target   gobuild.Target
	run      string // its label

	nodes     map[string]swarm.Node // by ID, as they were at the start
	own       string                // ID of the node of the engine
	networkID string
	images    source
}

// api is the engine's client.
func (l *launch) api() *client.Client { return l.engine.API() }

// Names of services are names of hosts.
var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// longestService is how long Swarm lets the name of a service be.
const longestService = 63

// check says what is wrong with the plan for services.
func (l *launch) check() error {
	var bad []string
	for _, w := range l.Workers {
		name := l.serviceName(w.Name)
		switch {
		case !namePattern.MatchString(l.Project) || !namePattern.MatchString(w.Name):
			bad = append(bad, fmt.Sprintf("%q is not a service's name: want a project and workers of small letters, digits and inner hyphens", name))
		case len(name) > longestService:
			bad = append(bad, fmt.Sprintf("the service's name %s has %d letters: want at most %d for project and worker together", name, len(name), longestService))
		}
		if w.CPUs < 0 || w.Memory < 0 {
			bad = append(bad, fmt.Sprintf("worker %s: %g CPUs and %d bytes of memory: want none negative", w.Name, w.CPUs, w.Memory))
		}
	}
	if l.Network.Port < 0 || l.Network.Port > 65535 {
		bad = append(bad, fmt.Sprintf("network: %d is not a port: want 1 to 65535", l.Network.Port))
	}
	if _, err := l.ipam(); err != nil {
		bad = append(bad, err.Error())
	}
	for _, constraint := range l.constraints() {
		if !config.ValidConstraint(constraint) {
			bad = append(bad, fmt.Sprintf("placement %q: want a constraint of Docker's, such as node.labels.disk==ssd", constraint))
		}
	}
	if len(bad) > 0 {
		return &launcher.PlanError{Problems: bad}
	}
	return nil
}

// constraints are all of the plan.
func (l *launch) constraints() []string {
	all := slices.Clone(l.settings.Placement)
	for _, w := range l.Workers {
		all = append(all, w.Placement...)
	}
	return all
}

// prepare finds out whether the launch can succeed, and builds the workers. It makes nothing in the swarm.
func (l *launch) prepare(ctx context.Context) (executables []string, err error) {
	l.target.OS, l.target.Arch = l.engine.Platform()
	info, err := l.api().Info(ctx)
	if err != nil {
		return nil, l.engine.Explain(err)
	}
	if info.Swarm.LocalNodeState != swarm.LocalNodeStateActive || !info.Swarm.ControlAvailable {
		return nil, &NoSwarmError{Host: l.api().DaemonHost(), Worker: info.Swarm.LocalNodeState == swarm.LocalNodeStateActive}
	}
	l.own = info.Swarm.NodeID
	list, err := l.api().NodeList(ctx, swarm.NodeListOptions{})
	if err != nil {
		return nil, l.engine.Explain(err)
	}
	l.nodes = map[string]swarm.Node{}
	for _, n := range list {
		l.nodes[n.ID] = n
	}
	if err := l.vacant(ctx); err != nil {
		return nil, err
	}
	if l.settings.Data == config.SwarmConfigs {
		for _, w := range l.Workers {
			if _, err := configFiles(w); err != nil {
				return nil, err
			}
		}
	}
	return launcher.BuildFor(ctx, l.Plan, l.target.OS, l.target.Arch)
}

// vacant refuses a project that has services, and names that others have.
func (l *launch) vacant(ctx context.Context) error {
	list, err := l.api().ServiceList(ctx, swarm.ServiceListOptions{})
	if err != nil {
		return l.engine.Explain(err)
	}
	for _, s := range list {
		project := s.Spec.Labels[docker.LabelProject]
		for _, w := range l.Workers {
			if project == l.Project || s.Spec.Name == l.serviceName(w.Name) {
				return &TakenError{Service: s.Spec.Name, Project: project, Same: project == l.Project}
			}
		}
	}
	return nil
}

// start makes the network, the images and the services. It leaves nothing of them if it fails, also if it
// panics. The engine is closed with the fleet.
func (l *launch) start(ctx context.Context, executables []string) (launcher.Fleet, error) {
	f := newFleet(ctx, l)
	err := f.BringUp(launching.Steps{
		Share: f.share,
		Start: func(ctx context.Context, i int) error {
			m := f.members[i]
			if err := f.Make(ctx, m.Member, func(ctx context.Context) error { return l.makeMember(ctx, m, executables[i]) }); err != nil {
				return err
			}
			return f.await(ctx, m)
		},
		Endpoint: f.endpoint,
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// await returns when a worker is ready, and the others know its name.
func (f *fleet) await(ctx context.Context, m *member) error {
	if err := f.Await(ctx, m.Member, m.words); err != nil {
		return err
	}
	select {
	case <-m.named: // or its health check fails in the end, and Swarm ends it
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// share makes what belongs to no single worker.
func (f *fleet) share(ctx context.Context) (err error) {
	if err := f.listen(ctx); err != nil {
		return err
	}
	if err := f.makeNetwork(ctx); err != nil {
		return err
	}
	f.images, err = f.source(ctx)
	return err
}

// makeMember makes the worker's image and its service.
func (l *launch) makeMember(ctx context.Context, m *member, executable string) error {
	made, err := l.newImage(m.Worker, executable)
	if err != nil {
		return fmt.Errorf("the image of worker %s: %w", m.Worker.Name, err)
	}
	image, err := l.images.put(ctx, m.Worker, made)
	if err != nil {
		return fmt.Errorf("the image of worker %s: %w", m.Worker.Name, err)
	}
	return l.makeService(ctx, m, image)
}

// anyPort is one that no worker of the plan is to have.
func (l *launch) anyPort(taken map[int]bool) int {
	for {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if !taken[port] && !slices.ContainsFunc(l.Workers, func(w launcher.Worker) bool { return w.Port == port }) {
			taken[port] = true
			return port
		}
	}
}

func (l *launch) serviceName(worker string) string { return l.Project + "-" + worker }

// url is a worker's on some host.
func (l *launch) url(hostport string) string { return l.Scheme() + "://" + hostport }

// peer is a worker's URL within the network, where its name is an alias.
func (l *launch) peer(w launcher.Worker) string {
	return l.url(net.JoinHostPort(w.Name, strconv.Itoa(l.Network.Port)))
}

// labels are those of a worker's things, or, without a worker, of what workers share.
func (l *launch) labels(worker string) map[string]string {
	labels := map[string]string{docker.LabelProject: l.Project, docker.LabelVersion: l.Version, docker.LabelRun: l.run}
	if worker != "" {
		labels[docker.LabelWorker] = worker
	}
	return labels
}

// having selects what has all of the labels, each "name=value", or "name" for any value.
func having(labels ...string) filters.Args {
	args := filters.NewArgs()
	for _, l := range labels {
		args.Add("label", l)
	}
	return args
}

var _ launcher.Launcher = Launcher{}
