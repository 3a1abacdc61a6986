package swarm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/internal/probe"
)

func labelProject(name string) string { return docker.LabelProject + "=" + name }

func labelRun(name string) string { return docker.LabelRun + "=" + name }

// Removed is what was removed from a swarm, by name.
type Removed struct {
	Services, Networks, Secrets, Configs []string
}

// Down removes all that the project has in the swarm of the engine, whether it runs or was left by a killed program, and nothing
// else; it returns when the services' containers have ended. An engine that is in no swarm, or none of its managers, has nothing
// of the kind. What could not be removed is in the error; the rest is removed nevertheless.
func Down(ctx context.Context, engine *docker.Engine, project string) (Removed, error) {
	if manages, err := Manages(ctx, engine); err != nil || !manages {
		return Removed{}, err
	}
	done, err := remove(ctx, engine, labelProject(project), docker.LabelRun)
	return done, errors.Join(err, RemoveContainers(ctx, engine, project))
}

// Manages reports whether an engine is a manager of a swarm.
func Manages(ctx context.Context, engine *docker.Engine) (bool, error) {
	info, err := engine.API().Info(ctx)
	if err != nil {
		return false, engine.Explain(err)
	}
	return info.Swarm.LocalNodeState == swarm.LocalNodeStateActive && info.Swarm.ControlAvailable, nil
}

// remove removes what has all labels, each of another name: services, and when their tasks have ended what those used. Of two with one name
// a manager looks at one of them only, and if that has no value, at no value.
func remove(ctx context.Context, engine *docker.Engine, labels ...string) (done Removed, err error) {
	api, having := engine.API(), having(labels...)
	list, err := api.ServiceList(ctx, swarm.ServiceListOptions{Filters: having})
	if err != nil {
		return done, engine.Explain(err)
	}
	var errs []error
	note := func(names *[]string, what, name string, err error) {
		if err == nil {
			*names = append(*names, name)
		} else if !errdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("%s %s: %w", what, name, err))
		}
	}
	var ids []string
	for _, s := range list {
		ids = append(ids, s.ID)
		note(&done.Services, "service", s.Spec.Name, api.ServiceRemove(ctx, s.ID))
	}
	if len(ids) > 0 {
		errs = append(errs, awaitGone(ctx, engine, ids))
	}
	secrets, err := api.SecretList(ctx, swarm.SecretListOptions{Filters: having})
	errs = append(errs, err)
	for _, s := range secrets {
		note(&done.Secrets, "secret", s.Spec.Name, api.SecretRemove(ctx, s.ID))
	}
	configs, err := api.ConfigList(ctx, swarm.ConfigListOptions{Filters: having})
	errs = append(errs, err)
	for _, c := range configs {
		note(&done.Configs, "config", c.Spec.Name, api.ConfigRemove(ctx, c.ID))
	}
	having.Add("driver", "overlay")
	networks, err := api.NetworkList(ctx, network.ListOptions{Filters: having})
	errs = append(errs, err)
	for _, n := range networks {
		note(&done.Networks, "network", n.Name, removeNetwork(ctx, engine, n.ID))
	}
	for _, names := range []*[]string{&done.Services, &done.Networks, &done.Secrets, &done.Configs} {
		slices.Sort(*names)
	}
	return done, engine.Explain(errors.Join(errs...))
}

// awaitGone returns when no node that answers has a container of the services any more.
func awaitGone(ctx context.Context, engine *docker.Engine, services []string) error {
	for {
		left, err := leftOf(ctx, engine, services)
		if err != nil || !left {
			return err
		}
		if err := probe.Sleep(ctx, lookQuick); err != nil {
			return fmt.Errorf("the services' containers have not ended yet: %w", err)
		}
	}
}

// leftOf reports whether nodes that answer have tasks of the services.
func leftOf(ctx context.Context, engine *docker.Engine, services []string) (bool, error) {
	// All tasks of the swarm: asked for those of a service that is removed already, a manager knows none.
	list, err := engine.API().TaskList(ctx, swarm.TaskListOptions{})
	if err != nil {
		return false, err
	}
	nodes, err := engine.API().NodeList(ctx, swarm.NodeListOptions{})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(list, func(t swarm.Task) bool {
		i := slices.IndexFunc(nodes, func(n swarm.Node) bool { return n.ID == t.NodeID })
		return slices.Contains(services, t.ServiceID) && i >= 0 && nodes[i].Status.State == swarm.NodeStateReady
	}), nil
}

// RemoveContainers removes what containers an engine still has of a project's services, which have ended. It would do so by itself, a while
// later: until then they hold their images.
func RemoveContainers(ctx context.Context, engine *docker.Engine, project string) error {
	for {
		list, err := engine.API().ContainerList(ctx, container.ListOptions{All: true, Filters: having(labelProject(project), labelOfSwarm)})
		if err != nil || len(list) == 0 {
			return engine.Explain(err)
		}
		for _, c := range list {
			err := engine.API().ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true})
			if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) { // the engine is about to remove it
				return engine.Explain(err)
			}
		}
		if err := probe.Sleep(ctx, lookQuick); err != nil {
			return fmt.Errorf("the engine has not removed the services' containers yet: %w", err)
		}
	}
}

// labelOfSwarm is what Swarm itself gives to the containers of a service.
const labelOfSwarm = "com.docker.swarm.service.id"

// removeNetwork removes a network as soon as no task has it.
func removeNetwork(ctx context.Context, engine *docker.Engine, id string) error {
	for {
		err := engine.API().NetworkRemove(ctx, id)
		if err == nil || !strings.Contains(err.Error(), "in use") && !strings.Contains(err.Error(), "active endpoints") {
			return err
		}
		if probe.Sleep(ctx, lookQuick) != nil {
			return err
		}
	}
}

// Worker is a worker's service as the swarm sees it.
type Worker struct {
	Name    string
	Service string
	State   string // of its newest task: running, starting, pending ...
	Status  string // the state in words, and why it is so
	Node    string // that runs it; empty: none
	Address string // in the workers' network
	Port    string // where its port is published; empty while it does not run
	Image   string
}

// Workers lists a project's services, by the workers' names.
func Workers(ctx context.Context, engine *docker.Engine, project string) ([]Worker, error) {
	if manages, err := Manages(ctx, engine); err != nil || !manages {
		return nil, err
	}
	services, err := engine.API().ServiceList(ctx, swarm.ServiceListOptions{Filters: having(labelProject(project), docker.LabelRun, docker.LabelWorker)})
	if err != nil {
		return nil, engine.Explain(err)
	}
	nodes, err := engine.API().NodeList(ctx, swarm.NodeListOptions{})
	if err != nil {
		return nil, engine.Explain(err)
	}
	var workers []Worker
	for _, s := range services {
		w := Worker{Name: s.Spec.Labels[docker.LabelWorker], Service: s.Spec.Name, State: "new", Status: "new", Image: s.Spec.TaskTemplate.ContainerSpec.Image}
		list, err := engine.API().TaskList(ctx, swarm.TaskListOptions{Filters: filters.NewArgs(filters.Arg("service", s.ID))})
		if err != nil {
			return nil, engine.Explain(err)
		}
		if len(list) > 0 {
			w.describe(slices.MaxFunc(list, func(a, b swarm.Task) int { return a.CreatedAt.Compare(b.CreatedAt) }), nodes, s)
		}
		workers = append(workers, w)
	}
	slices.SortFunc(workers, func(a, b Worker) int { return cmp.Compare(a.Name, b.Name) })
	return workers, nil
}

// describe fills in what a worker's newest task says.
func (w *Worker) describe(t swarm.Task, nodes []swarm.Node, s swarm.Service) {
	w.State, w.Status = string(t.Status.State), string(t.Status.State)
	if t.Status.Err != "" {
		w.Status += ": " + t.Status.Err
	}
	for _, a := range t.NetworksAttachments {
		for _, address := range a.Addresses {
			w.Address, _, _ = strings.Cut(address, "/")
		}
	}
	i := slices.IndexFunc(nodes, func(n swarm.Node) bool { return n.ID == t.NodeID })
	if i < 0 {
		return
	}
	w.Node = nodes[i].Description.Hostname
	if s.Spec.EndpointSpec != nil && has(t) {
		for _, p := range s.Spec.EndpointSpec.Ports {
			w.Port = fmt.Sprintf("%s:%d", addressOf(nodes[i]), p.PublishedPort)
		}
	}
}

// Logs copies what a worker has written so far, and with follow what it writes until ctx ends. The error is a
// *docker.NoWorkerError if the worker has no service.
func Logs(ctx context.Context, engine *docker.Engine, project, worker string, follow bool, stdout, stderr io.Writer) error {
	list, err := Workers(ctx, engine, project)
	if err != nil {
		return err
	}
	missing := &docker.NoWorkerError{Project: project, Worker: worker}
	service := ""
	for _, w := range list {
		if w.Name == worker {
			service = w.Service
		}
		missing.Running = append(missing.Running, w.Name)
	}
	if service == "" {
		return missing
	}
	body, err := engine.API().ServiceLogs(ctx, service, container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow})
	if err != nil {
		return engine.Explain(err)
	}
	_, err = stdcopy.StdCopy(stdout, stderr, body)
	if err = errors.Join(err, body.Close()); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the log of worker %s: %w", worker, err)
	}
	return nil
}
