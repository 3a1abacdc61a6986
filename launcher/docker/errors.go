package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/docker/docker/client"
)

// EngineError is an engine that cannot be reached or used.
type EngineError struct {
	Host    string // of the engine, as in DOCKER_HOST
	Problem string
	Advice  string
	Err     error
}

// Error says what to do.
func (e *EngineError) Error() string {
	return fmt.Sprintf("the Docker engine at %s %s: %s", e.Host, e.Problem, e.Advice)
}

// Unwrap is the client's error.
func (e *EngineError) Unwrap() error { return e.Err }

// TakenError is a name that another container or network of the engine has.
type TakenError struct {
	Kind    string // "container" or "network"
	Name    string
	Project string // that it belongs to; empty: none of ours
	Same    bool   // Project is the plan's own
}

// Error says what to do.
func (e *TakenError) Error() string {
	switch {
	case e.Same:
		return fmt.Sprintf("there is a %s %s on the engine already: project %s runs, or was killed; end it, or remove what is left with `chimera down`",
			e.Kind, e.Name, e.Project)
	case e.Project != "":
		return fmt.Sprintf("there is a %s %s on the engine already, of the project %s: choose another name for this one", e.Kind, e.Name, e.Project)
	default:
		return fmt.Sprintf("there is a %s %s on the engine already, which is not ours: remove it with `docker %s rm %s`, or choose another name",
			e.Kind, e.Name, e.Kind, e.Name)
	}
}

// PortError is a port of the engine's machine that something else uses.
type PortError struct {
	Worker string
	Port   int
	Err    error
}

// Error says what to do.
func (e *PortError) Error() string {
	return fmt.Sprintf("worker %s: port %d of the engine's machine is in use: end what uses it, choose another, or leave the choice to Chimera with port: 0",
		e.Worker, e.Port)
}

// Unwrap is the engine's error.
func (e *PortError) Unwrap() error { return e.Err }

// SubnetError says that a network's range of addresses is not available.
type SubnetError struct {
	Subnet string // that was wanted; empty: any
	By     string // what has it, in words; empty: the engine did not say
	Err    error  // may be nil
}

// Error says what to do.
func (e *SubnetError) Error() string {
	if e.Subnet == "" {
		return "every range of addresses that could be the workers' network is taken: set network.prefix, or remove networks with `docker network prune`"
	}
	by := "another network of the engine"
	if e.By != "" {
		by = e.By
	}
	return fmt.Sprintf("the workers' network %s overlaps with %s: set another network.prefix, or none, for the next that is free", e.Subnet, by)
}

// Unwrap is the engine's error.
func (e *SubnetError) Unwrap() error { return e.Err }

// unreachable explains an error of the first call to an engine.
func unreachable(host string, err error) error {
	text := err.Error()
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case strings.Contains(text, "permission denied"):
		return &EngineError{host, "does not let this user in",
			"join the group docker (`sudo usermod -aG docker $USER`, then log in again), or use a rootless engine; launcher: process needs none", err}
	case strings.Contains(text, "x509:"), strings.Contains(text, "bad certificate"), strings.Contains(text, "tls:"),
		strings.Contains(text, "HTTPS server"), strings.Contains(text, "TLS-enabled daemon"):
		return &EngineError{host, "was not reached by TLS", "check DOCKER_TLS_VERIFY, DOCKER_CERT_PATH or the context's certificates: " + text, err}
	case client.IsErrConnectionFailed(err):
		return &EngineError{host, "does not answer",
			"start Docker, or point DOCKER_HOST or a context to an engine that runs; launcher: process needs none", err}
	case strings.Contains(text, "is too new"), strings.Contains(text, "is too old"):
		return &EngineError{host, "speaks another version of its API", "unset DOCKER_API_VERSION, or update: " + text, err}
	default:
		return &EngineError{host, "gave no usable answer", text, err}
	}
}

// explain adds what to do to an engine's error, where that is known.
func (e *Engine) explain(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case strings.Contains(err.Error(), "no space left on device"):
		return &EngineError{e.host, "has no disk space left", "`docker system df` shows what takes it, and `chimera down` removes this project's images", err}
	case client.IsErrConnectionFailed(err):
		return unreachable(e.host, err)
	default:
		return err
	}
}

// portInUse reports whether a container could not start because of its port.
func portInUse(err error) bool {
	text := err.Error()
	return strings.Contains(text, "port is already allocated") || strings.Contains(text, "bind: address already in use") ||
		strings.Contains(text, "ports are not available")
}

// overlaps reports whether a network could not be made because of its addresses.
func overlaps(err error) bool { return strings.Contains(err.Error(), "Pool overlaps") }
