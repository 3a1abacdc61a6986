package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// ClusterError is a cluster that cannot be reached, or that refuses something.
type ClusterError struct {
	Server  string // of the API; empty if that is not known
	Problem string
	Advice  string
	Err     error
}

// Error says what to do.
func (e *ClusterError) Error() string {
	at := "the cluster"
	if e.Server != "" {
		at += " at " + e.Server
	}
	return fmt.Sprintf("%s %s: %s", at, e.Problem, e.Advice)
}

// Unwrap is the client's error.
func (e *ClusterError) Unwrap() error { return e.Err }

// TakenError is a project that is in the namespace already, or an object of another's with its name.
type TakenError struct {
	Kind, Name, Namespace string
	Ours                  bool // it is the project's
}

// Error says what to do.
func (e *TakenError) Error() string {
	if e.Ours {
		return fmt.Sprintf("namespace %s has the project %s already: it runs, or was killed; end it, or remove what is left with `chimera down`", e.Namespace, e.Name)
	}
	return fmt.Sprintf("namespace %s has a %s %s already, which is not the project's: choose another name for the project, or another namespace",
		e.Namespace, e.Kind, e.Name)
}

// PodError is a pod that cannot run as it is.
type PodError struct {
	Worker, Pod string
	Reason      string // as the cluster calls it, such as ImagePullBackOff
	Message     string // the cluster's words; may be empty
	Advice      string
}

// Error says what to do.
func (e *PodError) Error() string {
	text := fmt.Sprintf("worker %s: its pod %s cannot run (%s)", e.Worker, e.Pod, e.Reason)
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Advice != "" {
		text += ": " + e.Advice
	}
	return text
}

// PortError is a port of this machine that something else uses.
type PortError struct {
	Worker string
	Port   int
	Err    error
}

// Error says what to do.
func (e *PortError) Error() string {
	if e.Port == 0 {
		return fmt.Sprintf("worker %s: no port of this machine can be listened on: %v", e.Worker, e.Err)
	}
	return fmt.Sprintf("worker %s: port %d of this machine cannot be listened on: end what uses it, choose another, or leave the choice to Chimera with port: 0",
		e.Worker, e.Port)
}

// Unwrap is the system's error.
func (e *PortError) Unwrap() error { return e.Err }

// explain adds what to do to an error of the cluster, where that is known.
func (c *cluster) explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var known *ClusterError
	var network net.Error
	text := err.Error()
	switch {
	case errors.As(err, &known):
		return err
	case apierrors.IsUnauthorized(err):
		return &ClusterError{c.server, "does not know who asks", "log in to it again, or choose another context of the kubeconfig (kubernetes.context)", err}
	case apierrors.IsForbidden(err) && strings.Contains(text, "exceeded quota"):
		return &ClusterError{c.server, "has no room left for the project in namespace " + c.namespace, "raise the namespace's quota, or take fewer workers or less " +
			"memory and cpus for each (" + text + ")", err}
	case apierrors.IsForbidden(err) && strings.Contains(text, "is being terminated"):
		return &ClusterError{c.server, "is removing namespace " + c.namespace, "choose another with kubernetes.namespace, or wait and make it again", err}
	case apierrors.IsForbidden(err):
		return &ClusterError{c.server, "does not permit that", text + "; `chimera manifests --rbac` writes the role that a master needs", err}
	case apierrors.IsNotFound(err) && strings.Contains(text, "namespaces "):
		return &ClusterError{c.server, "has no namespace " + c.namespace, "make it with `kubectl create namespace " + c.namespace +
			"`, or choose another with kubernetes.namespace", err}
	case apierrors.ReasonForError(err) != "": // an answer of the API server
		return &ClusterError{c.server, "refused", text, err}
	case strings.Contains(text, "x509:"), strings.Contains(text, "tls:"):
		return &ClusterError{c.server, "was not reached by TLS", "check the certificates in the kubeconfig: " + text, err}
	case errors.As(err, &network):
		return &ClusterError{c.server, "does not answer", "check that it runs and that the kubeconfig and its context are the right ones: " + text, err}
	default:
		return err
	}
}
