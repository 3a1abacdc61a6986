package cluster

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
)

// HandleGet registers a path at which a kind of master describes its model. example is an answer, which the document shows while
// there is no model that can be described. Problems beside "not fitted" have the codes. An error that is not an *api.Problem is answered as
// an internal error.
func HandleGet[A any](c *Cluster, path, summary, description string, example A, get func(context.Context) (A, error), codes ...api.Code) {
	rest.Register(c.API, rest.Fails(huma.Operation{
		Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"model"}, Description: description,
	}, append(codes, api.CodeNotFitted)...), func(ctx context.Context, _ *rest.None) (*rest.Output[A], error) {
		a, err := get(ctx)
		if err != nil {
			return nil, problem(err)
		}
		return &rest.Output[A]{Body: a}, nil
	})
	c.show(http.MethodGet, path, http.StatusOK, example, func(ctx context.Context, _ []byte) (any, error) { return get(ctx) })
}
