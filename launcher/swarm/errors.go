package swarm

import (
	"fmt"
	"strings"
)

// NoSwarmError is an engine that cannot make services.
type NoSwarmError struct {
	Host   string // of the engine, as in DOCKER_HOST
	Worker bool   // it is in a swarm, and none of its managers
}

// Error says what to do.
func (e *NoSwarmError) Error() string {
	if e.Worker {
		return fmt.Sprintf("the Docker engine at %s is a worker of a swarm, and only a manager makes services: point DOCKER_HOST or a context to a manager, "+
			"or make this one a manager with `docker node promote`", e.Host)
	}
	return fmt.Sprintf("the Docker engine at %s is in no swarm: run `docker swarm init` there, or point DOCKER_HOST or a context to a manager of yours", e.Host)
}

// TakenError is a service that is there already.
type TakenError struct {
	Service string
	Project string // that it belongs to; empty: none of ours
	Same    bool   // Project is the plan's own
}

// Error says what to do.
func (e *TakenError) Error() string {
	switch {
	case e.Same:
		return fmt.Sprintf("there is a service %s in the swarm already: project %s runs, or was killed; end it, or remove what is left with `chimera down`",
			e.Service, e.Project)
	case e.Project != "":
		return fmt.Sprintf("there is a service %s in the swarm already, of the project %s: choose another name for this one", e.Service, e.Project)
	default:
		return fmt.Sprintf("there is a service %[1]s in the swarm already, which is not ours: remove it with `docker service rm %[1]s`, or choose another name",
			e.Service)
	}
}

// PlaceError is a worker or a relay that Swarm could not start on a node.
type PlaceError struct {
	What string // worker tree1
	Node string // its name; empty: none was found for it
	Err  string // what the engine said
}

// Error says what the engine said.
func (e *PlaceError) Error() string {
	if e.Node == "" {
		return fmt.Sprintf("%s was placed on no node of the swarm: %s; see swarm.placement, the worker's placement, cpus and memory", e.What, e.Err)
	}
	return fmt.Sprintf("%s could not be started on the node %s: %s", e.What, e.Node, e.Err)
}

// NoRelayError names nodes whose engines cannot get the images.
type NoRelayError struct {
	Nodes []string
	Err   string // what the engine of the first said
}

// Error says what to do.
func (e *NoRelayError) Error() string {
	return fmt.Sprintf("the nodes %s cannot get the workers' images from this program, since their engines do not have the image of its relay (%s): name the "+
		"engines in swarm.nodes, as in tcp://node2:2376, or set images.registry to a registry that the nodes reach, or leave the nodes out with swarm.placement",
		strings.Join(e.Nodes, ", "), e.Err)
}

// ConfigSizeError is a file that is too large for a config of Swarm.
type ConfigSizeError struct {
	Worker, File string
	Size         int64
}

// Error says what to do.
func (e *ConfigSizeError) Error() string {
	return fmt.Sprintf("worker %s: %s has %d bytes, and Swarm takes %d in a config: set swarm.data to embed or volume", e.Worker, e.File, e.Size, maxConfig)
}
