package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/transport"
)

// Paths that every worker of this module has.
var (
	schemaEndpoint = endpoint.Get[api.WorkerSchema](api.PathSchema, "Columns, classes and number of its rows")
	statusEndpoint = endpoint.Get[api.WorkerStatus](api.PathStatus, "The worker, its learner and its model")
)

// Schema asks a member what its rows look like; the answer is nil without an
// error for a Python worker, which has no such answer. A worker that sends what
// this program may not understand is an error: a *NewerError. So is a description that
// contradicts itself.
func (c *Cluster) Schema(ctx context.Context, m *Member) (*api.WorkerSchema, error) {
	schema, err := Call(ctx, c, m, schemaEndpoint, endpoint.None{})
	var status *transport.StatusError
	if errors.As(err, &status) && status.Status == http.StatusNotFound && status.Code() == "" {
		m.setPython(true)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m.setPython(false)
	if schema.Protocol > api.Protocol {
		return nil, &NewerError{Worker: m.Name, Protocol: schema.Protocol}
	}
	if err := checkSchema(&schema); err != nil {
		return nil, err
	}
	return &schema, nil
}

// NewerError says that a worker speaks a newer version of the protocol between
// nodes than this program. Older versions are understood, and so is a worker
// that names none: it is from before there were versions.
type NewerError struct {
	Worker   string
	Protocol int // of the worker
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("worker %s speaks version %d of the protocol between nodes, this master version %d: "+
		"build the master's program with the release of Chimera that the worker was built with, or the worker with the master's",
		e.Worker, e.Protocol, api.Protocol)
}

// Status asks a member what it is and which model it serves. It is asked once:
// it is for members that may well be gone.
func (c *Cluster) Status(ctx context.Context, m *Member) (*api.WorkerStatus, error) {
	r := Attempt(ctx, c, m, NewMessage(statusEndpoint))
	if r.Err != nil {
		return nil, r.Err
	}
	return &r.Value, nil
}
