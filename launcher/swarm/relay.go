package swarm

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/swarm"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"

	"github.com/gochimera/chimera/internal/gobuild"
	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/internal/parallel"
	"github.com/gochimera/chimera/launcher/internal/probe"
)

//go:embed relay/main.go
var relaySource []byte

const (
	relayFolder = "chimera_relay" // which the compiler alone sees
	relayName   = "images"        // of the service, after the project's
	relayTime   = 30 * time.Second
	// A registry where nothing listens, in the name of the relay's image: an engine that is asked for it looks there first, in
	// vain, and then takes the one that it was given.
	nowhereRegistry = "127.0.0.1:1"
)

// relaySettings are what relay/main.go reads.
type relaySettings struct {
	Listen, To, Name string
	Cert, Key        []byte
}

// relayPort is the loopback port of the relays: the project's own, so that images keep their names.
func (l *launch) relayPort() int {
	if l.settings.Port != 0 {
		return l.settings.Port
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(l.Project)) // it never fails
	return firstPort + int(h.Sum32()%(lastPort-firstPort+1))
}

// relayImage builds the relay for the nodes.
func (l *launch) relayImage(ctx context.Context) (*ociimage.Image, error) {
	built, err := gobuild.Build(ctx, gobuild.Request{
		Dir: l.Dir, Target: l.target, Mains: []gobuild.Main{{Folder: relayFolder}}, Texts: map[string][]byte{relayFolder: relaySource},
	})
	if err != nil {
		return nil, err
	}
	layer, err := ociimage.Single("/relay", built[0], 0o755)
	if err != nil {
		return nil, err
	}
	return ociimage.New(ociimage.Spec{
		OS: l.target.OS, Arch: l.target.Arch, Layers: []*ociimage.Layer{layer},
		Config: v1.Config{Entrypoint: []string{"/relay"}, User: ociimage.User, WorkingDir: "/", Labels: map[string]string{docker.LabelVersion: l.Version}},
	}, func(digest string) (name.Tag, error) {
		return name.NewTag(nowhereRegistry + "/chimera/relay:" + digest[:12])
	})
}

// startRelays gives the relay to the engines that are known, and runs it on every node where workers may be.
func (l *launch) startRelays(ctx context.Context, s relaySettings) error {
	made, err := l.relayImage(ctx)
	if err != nil {
		return fmt.Errorf("the relay of images: %w", err)
	}
	if err := l.loadRelay(ctx, made); err != nil {
		return err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	secret, err := l.makeSecret(ctx, relayName, "relay", text, userID)
	if err != nil {
		return fmt.Errorf("the relay of images: %w", l.engine.Explain(err))
	}
	none, grace, pause := false, time.Second, restartPause
	_, err = l.api().ServiceCreate(ctx, swarm.ServiceSpec{
		Annotations: swarm.Annotations{Name: l.serviceName(relayName), Labels: l.labels("")},
		Mode:        swarm.ServiceMode{Global: &swarm.GlobalService{}},
		TaskTemplate: swarm.TaskSpec{
			ContainerSpec: &swarm.ContainerSpec{
				Image: made.Reference(), Args: []string{secretFolder + secret.File.Name}, ReadOnly: true, Init: &none, StopGracePeriod: &grace,
				CapabilityDrop: []string{"ALL"}, Secrets: []*swarm.SecretReference{secret},
				Labels: map[string]string{docker.LabelProject: l.Project, docker.LabelVersion: l.Version},
			},
			// It listens on loopback of the node, where nobody else reaches it.
			Networks:      []swarm.NetworkAttachmentConfig{{Target: "host"}},
			Placement:     l.placement(nil),
			RestartPolicy: &swarm.RestartPolicy{Condition: swarm.RestartPolicyConditionAny, Delay: &pause},
			Resources:     &swarm.ResourceRequirements{Limits: &swarm.Limit{Pids: maxProcesses}},
		},
	}, swarm.ServiceCreateOptions{})
	if err != nil {
		return fmt.Errorf("the relay of images: %w", l.engine.Explain(err))
	}
	return l.awaitRelays(ctx)
}

// loadRelay gives the relay's image to the engine, and to those of swarm.nodes.
func (l *launch) loadRelay(ctx context.Context, made *ociimage.Image) error {
	return parallel.Do(ctx, len(l.settings.Nodes)+1, func(ctx context.Context, i int) error {
		engine := l.engine
		if i > 0 {
			var err error
			if engine, err = docker.OpenAt(ctx, l.settings.Nodes[i-1]); err != nil {
				return fmt.Errorf("swarm.nodes: %w", err)
			}
			defer engine.Close()
		}
		if _, err := engine.API().ImageInspect(ctx, made.Reference()); err == nil {
			return nil // its tag is a digest, so it is this one
		}
		return engine.Load(ctx, made)
	})
}

// awaitRelays returns when there is a relay on every node where workers may be.
func (l *launch) awaitRelays(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, relayTime)
	defer cancel()
	state := "no node has taken it yet"
	for waiting.Err() == nil {
		list, err := l.api().TaskList(waiting, swarm.TaskListOptions{Filters: filters.NewArgs(filters.Arg("service", l.serviceName(relayName)))})
		if err != nil {
			return l.engine.Explain(err)
		}
		missing, failed, running := []string{}, "", 0
		for _, t := range list {
			switch {
			case t.DesiredState == swarm.TaskStateRunning && t.Status.State == swarm.TaskStateRunning:
				running++
			case t.Status.State == swarm.TaskStateRejected || t.Status.State == swarm.TaskStateFailed:
				failed = t.Status.Err
				if n := l.nodes[t.NodeID].Description.Hostname; !slices.Contains(missing, n) {
					missing = append(missing, n)
				}
			default:
				state = string(t.Status.State)
			}
		}
		switch {
		case running > 0 && running >= l.reachable(list):
			return nil
		case len(missing) > 0 && running+len(missing) >= l.reachable(list):
			return &NoRelayError{Nodes: missing, Err: failed}
		}
		_ = probe.Sleep(waiting, lookQuick) // the loop looks at waiting
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &PlaceError{What: "the relay of images", Err: state}
}

// reachable is on how many nodes that answer Swarm wants a relay to run.
func (l *launch) reachable(tasks []swarm.Task) int {
	nodes := map[string]bool{}
	for _, t := range tasks {
		if l.nodes[t.NodeID].Status.State == swarm.NodeStateReady {
			nodes[t.NodeID] = true
		}
	}
	return len(nodes)
}

// configLayer is an image's configuration as a blob.
func configLayer(made *ociimage.Image) (v1.Layer, error) { return partial.ConfigLayer(made) }
