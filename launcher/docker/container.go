package docker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"

	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/launching"
	"github.com/gochimera/chimera/launcher/internal/workerimage"
)

const (
	defaultPort = 80
	// Threads and processes of one worker; a Go program has a few tens of threads.
	maxProcesses = 512
	// A worker that fails again and again is left alone in the end. The engine
	// waits longer before each try, and counts anew after 10 s of running.
	maxRestarts = 10
	// Ports for workers that may have any: below those that systems give to
	// outgoing connections. The engine could choose, but would choose anew at every restart.
	firstPort, lastPort = 20000, 32767
	portTries           = 20
)

// member is one worker of a launch and its container.
type member struct {
	*launching.Member
	id   string
	port int

	inbox chan events.Message // about its container
	quiet chan struct{}       // closed when it has ended after Stop began and its log is complete
	once  sync.Once           // closes quiet
}

// port is the one in the container, as the engine writes it.
func (l *launch) port() nat.Port { return nat.Port(strconv.Itoa(l.Network.Port) + "/tcp") }

// peer is a worker's URL within the network, where its name is an alias and
// every worker listens on the same port.
func (l *launch) peer(w launcher.Worker) string {
	return l.Scheme() + "://" + net.JoinHostPort(w.Name, strconv.Itoa(l.Network.Port))
}

func (l *launch) containerName(w launcher.Worker) string { return l.Project + "-" + w.Name }

// labels are those of a worker's things, or, without a worker, of the network.
func (l *launch) labels(worker string, run bool) map[string]string {
	labels := map[string]string{LabelProject: l.Project, LabelVersion: l.Version}
	if worker != "" {
		labels[LabelWorker] = worker
	}
	if run {
		labels[LabelRun] = l.run
	}
	return labels
}

// runContainer makes the worker's container and starts it, on another port if
// it may have any and the first is in use.
func (l *launch) runContainer(ctx context.Context, m *member, image string) error {
	for try := 1; ; try++ {
		m.port = m.Worker.Port
		if m.port == 0 {
			m.port = l.anyPort()
		}
		m.URL = l.Scheme() + "://" + net.JoinHostPort(l.reach, strconv.Itoa(m.port))
		err := l.createContainer(ctx, m, image)
		if err == nil {
			err = l.introduce(ctx, m)
		}
		if err == nil {
			err = l.engine.api.ContainerStart(ctx, m.id, container.StartOptions{})
		}
		if err == nil {
			return nil
		}
		var taken *TakenError
		switch {
		case errors.As(err, &taken):
			return err
		case !portInUse(err):
			return fmt.Errorf("starting the container of worker %s: %w", m.Worker.Name, l.engine.explain(err))
		case m.Worker.Port != 0 || try == portTries:
			return &PortError{Worker: m.Worker.Name, Port: m.port, Err: err}
		}
		if err := l.engine.api.ContainerRemove(ctx, m.id, container.RemoveOptions{Force: true, RemoveVolumes: true}); err != nil {
			return fmt.Errorf("worker %s: removing a container that did not start: %w", m.Worker.Name, l.engine.explain(err))
		}
	}
}

// anyPort is one that no worker of the plan is to have.
func (l *launch) anyPort() int {
	for {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if !slices.ContainsFunc(l.Workers, func(w launcher.Worker) bool { return w.Port == port }) {
			return port
		}
	}
}

func (l *launch) createContainer(ctx context.Context, m *member, image string) error {
	w, port := m.Worker, l.port()
	none := false
	processes := int64(maxProcesses)
	ctx, cancel := toItsEnd(ctx)
	defer cancel()
	made, err := l.engine.api.ContainerCreate(ctx,
		&container.Config{
			Hostname: w.Name, Image: image, Labels: l.labels(w.Name, true),
			Env:          slices.Concat(w.Env, []string{launcher.EnvProtocol + "=" + handshake.Version}, l.identityVariable()),
			ExposedPorts: nat.PortSet{port: {}}, Healthcheck: l.healthcheck(),
		},
		&container.HostConfig{
			PortBindings:   nat.PortMap{port: {{HostIP: l.bind.String(), HostPort: strconv.Itoa(m.port)}}},
			RestartPolicy:  restartPolicy(l.Restart),
			NetworkMode:    container.NetworkMode(l.networkID),
			ReadonlyRootfs: true,
			Mounts:         l.identityMount(),
			CapDrop:        []string{"ALL"},
			SecurityOpt:    []string{"no-new-privileges:true"},
			// A worker is not root, and port 80 is for root unless this says so;
			// engines say it themselves from 20.10 on, unless told otherwise.
			Sysctls: map[string]string{"net.ipv4.ip_unprivileged_port_start": "0"},
			Init:    &none, // the worker starts nobody, so there is nobody to reap
			LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{
				"max-size": "10m", "max-file": "2", // the launcher keeps all of it; this is for `docker logs`
			}},
			Resources: container.Resources{
				CPUShares: int64(w.CPUShares), NanoCPUs: int64(w.CPUs * 1e9),
				Memory: w.Memory, MemorySwap: w.Memory, // as much: no swap
				PidsLimit: &processes,
			},
		},
		&network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
			l.Network.Name: {
				NetworkID: l.networkID, Aliases: []string{w.Name},
				IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: nth(l.addresses, m.Index+2).String()}, // .0 is the network, .1 the gateway
			},
		}}, nil, l.containerName(w))
	if errdefs.IsConflict(err) {
		return l.engine.containerTaken(ctx, l.containerName(w), l.Project)
	}
	if err != nil {
		return err
	}
	m.id = made.ID
	for _, warning := range made.Warnings {
		l.Log.WarnContext(ctx, "container", "worker", w.Name, "warning", warning)
	}
	return nil
}

// containerTaken says whose the container of that name is.
func (e *Engine) containerTaken(ctx context.Context, name, project string) error {
	taken := &TakenError{Kind: "container", Name: name}
	if has, err := e.api.ContainerInspect(ctx, name); err == nil && has.Config != nil && has.Config.Labels[LabelRun] != "" {
		taken.Project = has.Config.Labels[LabelProject]
		taken.Same = taken.Project == project
	}
	return taken
}

// healthcheck has the worker's own executable ask it.
func (l *launch) healthcheck() *container.HealthConfig {
	check := &container.HealthConfig{
		Test: []string{"CMD", workerimage.Executable, "healthcheck"}, Interval: l.healthInterval, Timeout: 10 * time.Second, Retries: 3,
		StartPeriod: l.ReadyTimeout,
	}
	if l.engine.has("1.44") {
		check.StartInterval = time.Second
	}
	return check
}

func restartPolicy(r launcher.Restart) container.RestartPolicy {
	switch r {
	case launcher.RestartNever:
		return container.RestartPolicy{Name: container.RestartPolicyDisabled}
	case launcher.RestartAlways:
		return container.RestartPolicy{Name: container.RestartPolicyUnlessStopped}
	default:
		return container.RestartPolicy{Name: container.RestartPolicyOnFailure, MaximumRetryCount: maxRestarts}
	}
}
