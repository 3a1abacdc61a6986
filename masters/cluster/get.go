package cluster

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/internal/rest"
)

// HandleGet registers something that a kind of master tells of its model, with
// the statuses of ModelErrors. An error that is no *api.Problem is answered as a
// bug.
func HandleGet[A any](c *Cluster, path, summary, description string, get func(context.Context) (A, error)) {
	rest.Register(c.API, huma.Operation{
		Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"model"}, Description: description, Errors: ModelErrors,
	}, func(ctx context.Context, _ *rest.None) (*rest.Output[A], error) {
		a, err := get(ctx)
		if err != nil {
			return nil, problem(err)
		}
		return &rest.Output[A]{Body: a}, nil
	})
}
