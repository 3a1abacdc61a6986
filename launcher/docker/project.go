package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/pkg/stdcopy"
)

// Removed is what was removed from an engine, by name.
type Removed struct {
	Containers, Networks, Images []string
}

// Down removes all that the project has on the engine, whether it runs or was
// left by a killed program, and nothing else. What could not be removed is in
// the error; the rest is removed nevertheless.
func (e *Engine) Down(ctx context.Context, project string) (Removed, error) {
	return e.remove(ctx, true, LabelProject+"="+project)
}

// remove removes what has all the labels: containers before the network and
// the images that they use.
func (e *Engine) remove(ctx context.Context, images bool, labels ...string) (Removed, error) {
	var done Removed
	launched := having(append([]string{LabelRun}, labels...)...)
	errs := []error{e.removeContainers(ctx, launched, &done), e.removeNetworks(ctx, launched, &done)}
	if images {
		errs = append(errs, e.removeImages(ctx, having(labels...), &done))
	}
	return done, e.explain(errors.Join(errs...))
}

func (e *Engine) removeContainers(ctx context.Context, filter filters.Args, done *Removed) error {
	list, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: filter})
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range list {
		name := trimName(c.Names)
		err := e.api.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
		switch {
		case err == nil:
			done.Containers = append(done.Containers, name)
		case !gone(err):
			errs = append(errs, fmt.Errorf("container %s: %w", name, err))
		}
	}
	slices.Sort(done.Containers)
	return errors.Join(errs...)
}

// gone reports whether somebody else has removed, or is removing, a thing.
func gone(err error) bool {
	return errdefs.IsNotFound(err) || errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress")
}

func (e *Engine) removeNetworks(ctx context.Context, filter filters.Args, done *Removed) error {
	list, err := e.api.NetworkList(ctx, network.ListOptions{Filters: filter})
	if err != nil {
		return err
	}
	var errs []error
	for _, n := range list {
		err := e.api.NetworkRemove(ctx, n.ID)
		switch {
		case err == nil:
			done.Networks = append(done.Networks, n.Name)
		case !gone(err):
			errs = append(errs, fmt.Errorf("network %s: %w", n.Name, err))
		}
	}
	slices.Sort(done.Networks)
	return errors.Join(errs...)
}

func (e *Engine) removeImages(ctx context.Context, filter filters.Args, done *Removed) error {
	list, err := e.api.ImageList(ctx, image.ListOptions{Filters: filter})
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range list {
		names := i.RepoTags
		if len(names) == 0 {
			names = []string{i.ID}
		}
		for _, name := range names {
			_, err := e.api.ImageRemove(ctx, name, image.RemoveOptions{})
			switch {
			case err == nil:
				done.Images = append(done.Images, name)
			case !gone(err):
				errs = append(errs, fmt.Errorf("image %s: %w", name, err))
			}
		}
	}
	slices.Sort(done.Images)
	return errors.Join(errs...)
}

// Worker is a worker's container as the engine sees it.
type Worker struct {
	Name      string
	Container string // its name
	State     string // running, paused, restarting, exited ...
	Status    string // the state in words, with its health and for how long
	Address   string // in the workers' network; empty while it does not run
	Published string // where its port is reached on the engine's machine; empty while it does not run
	Image     string
}

// Workers lists a project's containers, by the workers' names.
func (e *Engine) Workers(ctx context.Context, project string) ([]Worker, error) {
	list, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: having(LabelProject+"="+project, LabelRun)})
	if err != nil {
		return nil, e.explain(err)
	}
	workers := make([]Worker, 0, len(list))
	for _, c := range list {
		w := Worker{Name: c.Labels[LabelWorker], Container: trimName(c.Names), State: c.State, Status: c.Status, Image: c.Image}
		if c.NetworkSettings != nil {
			for _, n := range c.NetworkSettings.Networks {
				w.Address = n.IPAddress
			}
		}
		for _, p := range c.Ports {
			if p.PublicPort != 0 {
				w.Published = fmt.Sprintf("%s:%d", p.IP, p.PublicPort)
			}
		}
		workers = append(workers, w)
	}
	slices.SortFunc(workers, func(a, b Worker) int { return strings.Compare(a.Name, b.Name) })
	return workers, nil
}

// NoWorkerError is a worker that has no container.
type NoWorkerError struct {
	Project, Worker string
	Running         []string // the project's workers that have one
}

// Error names those that have one.
func (e *NoWorkerError) Error() string {
	if len(e.Running) == 0 {
		return fmt.Sprintf("project %s has no containers on the engine", e.Project)
	}
	return fmt.Sprintf("project %s has no container of worker %s on the engine; it has those of %s", e.Project, e.Worker, strings.Join(e.Running, ", "))
}

// Logs copies what a worker has written so far, and with follow what it writes
// until its container ends or ctx does. The error is a *NoWorkerError if the
// worker has no container.
func (e *Engine) Logs(ctx context.Context, project, worker string, follow bool, stdout, stderr io.Writer) error {
	list, err := e.Workers(ctx, project)
	if err != nil {
		return err
	}
	missing := &NoWorkerError{Project: project, Worker: worker}
	name := ""
	for _, w := range list {
		if w.Name == worker {
			name = w.Container
		}
		missing.Running = append(missing.Running, w.Name)
	}
	if name == "" {
		return missing
	}
	body, err := e.api.ContainerLogs(ctx, name, container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow})
	if err != nil {
		return e.explain(err)
	}
	_, err = stdcopy.StdCopy(stdout, stderr, body)
	if err = errors.Join(err, body.Close()); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the log of worker %s: %w", worker, err)
	}
	return nil
}
