package cluster

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/internal/rest"
)

// HandleGet registers a path at which a kind of master describes its model, with the statuses of
// ModelErrors. An error that is not an *api.Problem is answered as an internal error.
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
