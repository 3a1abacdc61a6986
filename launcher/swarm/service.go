package swarm

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/api/types/versions"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/internal/workerimage"
)

const (
	// maxConfig is what every Swarm takes in a secret or a config, in bytes; newer ones take more in a config.
	maxConfig = 500_000
	// A worker that fails again and again is left alone in the end.
	maxRestarts   = 10
	restartPause  = 500 * time.Millisecond
	restartWindow = 2 * time.Minute
	// secrets are where Docker mounts them.
	secretFolder = "/run/secrets/"
	// userID is ociimage.User.
	userID = "65532"
)

// newImage puts a worker's image together.
func (l *launch) newImage(w launcher.Worker, executable string) (*ociimage.Image, error) {
	return workerimage.New(workerimage.Spec{
		Worker: w, Executable: executable, Target: l.target, Port: l.Network.Port, NoData: l.settings.Data != "" && l.settings.Data != config.SwarmEmbed,
		Labels: map[string]string{docker.LabelProject: l.Project, docker.LabelVersion: l.Version, docker.LabelWorker: w.Name},
	}, func(digest string) (name.Tag, error) {
		return name.NewTag(fmt.Sprintf("chimera/%s:%s", l.serviceName(w.Name), digest[:12]))
	})
}

// makeService makes the worker's secret, its configs and its service.
func (l *launch) makeService(ctx context.Context, m *member, image string) error {
	spec, err := l.containerSpec(ctx, m, image)
	if err != nil {
		return fmt.Errorf("worker %s: %w", m.Worker.Name, l.engine.Explain(err))
	}
	one := uint64(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	made, err := l.api().ServiceCreate(ctx, swarm.ServiceSpec{
		Annotations: swarm.Annotations{Name: l.serviceName(m.Worker.Name), Labels: l.labels(m.Worker.Name)},
		Mode:        swarm.ServiceMode{Replicated: &swarm.ReplicatedService{Replicas: &one}},
		TaskTemplate: swarm.TaskSpec{
			ContainerSpec: spec, Resources: l.resources(m.Worker), RestartPolicy: restartPolicy(l.Restart), Placement: l.placement(m.Worker.Placement),
			Networks:  []swarm.NetworkAttachmentConfig{{Target: l.networkID, Aliases: []string{m.Worker.Name}}},
			LogDriver: &swarm.Driver{Name: "json-file", Options: map[string]string{"max-size": "10m", "max-file": "2"}},
		},
		// One that is updated ends before the next begins: both would want the port.
		UpdateConfig: &swarm.UpdateConfig{Parallelism: 1, Order: swarm.UpdateOrderStopFirst},
		EndpointSpec: &swarm.EndpointSpec{Mode: swarm.ResolutionModeDNSRR, Ports: []swarm.PortConfig{{
			Protocol: swarm.PortConfigProtocolTCP, TargetPort: uint32(l.Network.Port), PublishedPort: uint32(m.port), PublishMode: swarm.PortConfigPublishModeHost,
		}}},
	}, swarm.ServiceCreateOptions{EncodedRegistryAuth: l.images.auth()})
	if err != nil {
		return fmt.Errorf("making the service of worker %s: %w", m.Worker.Name, l.engine.Explain(err))
	}
	m.service = made.ID
	for _, warning := range made.Warnings {
		l.Log.WarnContext(ctx, "service", "worker", m.Worker.Name, "warning", warning)
	}
	return nil
}

// containerSpec is the container of a worker's tasks. It makes the secret and the configs that are mounted there.
func (l *launch) containerSpec(ctx context.Context, m *member, image string) (*swarm.ContainerSpec, error) {
	w, grace, none := m.Worker, l.StopGrace, false
	spec := &swarm.ContainerSpec{
		Image: image, Hostname: w.Name, ReadOnly: true, Init: &none, StopGracePeriod: &grace, CapabilityDrop: []string{"ALL"},
		Labels: map[string]string{docker.LabelProject: l.Project, docker.LabelVersion: l.Version, docker.LabelWorker: w.Name},
		Env:    append(slices.Clone(w.Env), launcher.EnvProtocol+"="+handshake.Version),
		// A worker is not root, and port 80 is for root unless this says so.
		Sysctls:     map[string]string{"net.ipv4.ip_unprivileged_port_start": "0"},
		Healthcheck: l.healthcheck(),
	}
	if versions.GreaterThanOrEqualTo(l.api().ClientVersion(), "1.46") {
		spec.Privileges = &swarm.Privileges{NoNewPrivileges: true}
	}
	secret, err := l.identity(w.Name)
	if err != nil {
		return nil, err
	}
	if secret != nil {
		reference, err := l.makeSecret(ctx, w.Name, "identity", secret, userID)
		if err != nil {
			return nil, err
		}
		spec.Secrets = []*swarm.SecretReference{reference}
		spec.Env = append(spec.Env, launcher.EnvIdentity+"="+secretFolder+reference.File.Name)
	}
	if w.Data == "" {
		return spec, nil
	}
	switch l.settings.Data {
	case config.SwarmVolume:
		spec.Mounts = []mount.Mount{{Type: mount.TypeVolume, Source: l.serviceName(w.Name) + "-rows", Target: workerimage.Data, ReadOnly: true}}
	case config.SwarmConfigs:
		spec.Configs, err = l.makeConfigs(ctx, w)
	default:
	}
	return spec, err
}

// makeSecret makes a secret of a worker or a relay, which its user may read.
func (l *launch) makeSecret(ctx context.Context, of, what string, data []byte, user string) (*swarm.SecretReference, error) {
	called := l.serviceName(of) + "-" + what + "-" + l.run[:8]
	made, err := l.api().SecretCreate(ctx, swarm.SecretSpec{Annotations: swarm.Annotations{Name: called, Labels: l.labels(of)}, Data: data})
	if err != nil {
		return nil, fmt.Errorf("its secret: %w", err)
	}
	return &swarm.SecretReference{
		SecretID: made.ID, SecretName: called, File: &swarm.SecretReferenceFileTarget{Name: "chimera-" + what, UID: user, GID: user, Mode: 0o400},
	}, nil
}

// configFiles are a worker's files, by their path in its folder.
func configFiles(w launcher.Worker) (map[string]string, error) {
	files := map[string]string{}
	if w.Data == "" {
		return files, nil
	}
	err := filepath.WalkDir(w.Data, func(at string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(at) // links are followed, as for an image
		switch {
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			return nil
		case info.Size() > maxConfig:
			return &ConfigSizeError{Worker: w.Name, File: at, Size: info.Size()}
		}
		rel, err := filepath.Rel(w.Data, at)
		files[filepath.ToSlash(rel)] = at
		return err
	})
	return files, err
}

// makeConfigs makes a config of every file of a worker's data.
func (l *launch) makeConfigs(ctx context.Context, w launcher.Worker) ([]*swarm.ConfigReference, error) {
	files, err := configFiles(w)
	if err != nil {
		return nil, err
	}
	var all []*swarm.ConfigReference
	for rel, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		called := fmt.Sprintf("%s-%d-%s", l.serviceName(w.Name), len(all), l.run[:8])
		made, err := l.api().ConfigCreate(ctx, swarm.ConfigSpec{Annotations: swarm.Annotations{Name: called, Labels: l.labels(w.Name)}, Data: data})
		if err != nil {
			return nil, fmt.Errorf("the config of %s: %w", file, err)
		}
		all = append(all, &swarm.ConfigReference{
			ConfigID: made.ID, ConfigName: called,
			File: &swarm.ConfigReferenceFileTarget{Name: path.Join(workerimage.Data, rel), UID: userID, GID: userID, Mode: 0o444},
		})
	}
	return all, nil
}

// healthcheck has the worker's own executable ask it. Swarm counts a task as running, and gives its name to the others, once
// the check has passed.
func (l *launch) healthcheck() *container.HealthConfig {
	check := &container.HealthConfig{
		Test: []string{"CMD", workerimage.Executable, "healthcheck"}, Interval: l.settings.HealthInterval, Timeout: 10 * time.Second, Retries: 3,
		StartPeriod: l.ReadyTimeout,
	}
	if versions.GreaterThanOrEqualTo(l.api().ClientVersion(), "1.44") {
		check.StartInterval = time.Second
		if check.Interval == 0 {
			check.Interval = 10 * time.Second
		}
	}
	if check.Interval == 0 {
		check.Interval = time.Second
	}
	return check
}

// resources are what a worker may use; unless the settings say otherwise, its node has it for this worker alone.
func (l *launch) resources(w launcher.Worker) *swarm.ResourceRequirements {
	r := &swarm.ResourceRequirements{Limits: &swarm.Limit{NanoCPUs: int64(w.CPUs * 1e9), MemoryBytes: w.Memory, Pids: maxProcesses}}
	if l.settings.Reserve {
		r.Reservations = &swarm.Resources{NanoCPUs: r.Limits.NanoCPUs, MemoryBytes: w.Memory}
	}
	return r
}

// placement is where tasks may run: on nodes for which their images are built.
func (l *launch) placement(more []string) *swarm.Placement {
	return &swarm.Placement{
		Constraints: slices.Concat(l.settings.Placement, more),
		Platforms:   []swarm.Platform{{Architecture: l.target.Arch, OS: l.target.OS}},
	}
}

func restartPolicy(r launcher.Restart) *swarm.RestartPolicy {
	pause, tries, window := restartPause, uint64(maxRestarts), restartWindow
	policy := &swarm.RestartPolicy{Condition: swarm.RestartPolicyConditionOnFailure, Delay: &pause, MaxAttempts: &tries, Window: &window}
	switch r {
	case launcher.RestartNever:
		return &swarm.RestartPolicy{Condition: swarm.RestartPolicyConditionNone}
	case launcher.RestartAlways:
		policy.Condition = swarm.RestartPolicyConditionAny
		policy.MaxAttempts = nil
	default:
	}
	return policy
}

// ipam is the plan's range of addresses; nil if Swarm is to choose.
func (l *launch) ipam() (*network.IPAM, error) {
	if l.Network.Prefix == "" {
		return nil, nil
	}
	subnet, err := netip.ParsePrefix(fmt.Sprintf("%s.0/%d", l.Network.Prefix, l.Network.Bits))
	if err != nil || subnet.Masked() != subnet {
		return nil, fmt.Errorf("network: %s.0/%d is not a network", l.Network.Prefix, l.Network.Bits)
	}
	return &network.IPAM{Config: []network.IPAMConfig{{Subnet: subnet.String()}}}, nil
}

// makeNetwork makes the workers' overlay network.
func (l *launch) makeNetwork(ctx context.Context) error {
	ipam, err := l.ipam()
	if err != nil {
		return err
	}
	options := map[string]string{}
	if l.settings.Encrypted {
		options["encrypted"] = ""
	}
	made, err := l.api().NetworkCreate(ctx, l.Network.Name, network.CreateOptions{
		Driver: "overlay", Attachable: true, Labels: l.labels(""), IPAM: ipam, Options: options,
	})
	if errdefs.IsConflict(err) || err != nil && strings.Contains(err.Error(), "already exists") {
		taken := &docker.TakenError{Kind: "network", Name: l.Network.Name}
		if has, err := l.api().NetworkInspect(ctx, l.Network.Name, network.InspectOptions{}); err == nil {
			taken.Project = has.Labels[docker.LabelProject]
			taken.Same = taken.Project == l.Project
		}
		return taken
	}
	if err != nil {
		return fmt.Errorf("making the network %s: %w", l.Network.Name, l.engine.Explain(err))
	}
	l.networkID = made.ID
	return nil
}
