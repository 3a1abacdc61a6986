package cluster

import (
	"context"
	"errors"
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

// Schema asks a member for the schema of its rows. The answer is nil without an error for a Python
// worker, which has no such path.
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
	return &schema, nil
}

// Status asks a member for its status and the model it holds. It does not retry, because it is for
// members that may well be gone.
func (c *Cluster) Status(ctx context.Context, m *Member) (*api.WorkerStatus, error) {
	r := Attempt(ctx, c, m, NewMessage(statusEndpoint))
	if r.Err != nil {
		return nil, r.Err
	}
	return &r.Value, nil
}
