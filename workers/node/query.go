package node

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
)

// HandleQuery registers an operation that only reads: its parameters are in the query, and its answer
// is a frame. The fields of Q are strings with the tags query (the name) and doc (the documentation);
// all are required.
func HandleQuery[Q, A any](n *Node, e Endpoint[Q, A], h Handler[Q, A], options ...Option) {
	o := n.operation(e.Method, e.Path, e.Summary, options)
	n.handleQuery(o, reflect.TypeFor[Q](), func(ctx huma.Context, q any) (any, []Array, error) {
		return h(ctx.Context(), *q.(*Q), nil)
	})
}

func (n *Node) handleQuery(o *operation, t reflect.Type, h func(ctx huma.Context, q any) (any, []Array, error)) {
	documentAnswer(o)
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() != reflect.String {
			panic(fmt.Sprintf("node: %s: the query field %s must be a string", o.Path, f.Name))
		}
		o.Parameters = append(o.Parameters, &huma.Param{
			Name: f.Tag.Get("query"), In: "query", Description: f.Tag.Get("doc"), Required: true, Schema: &huma.Schema{Type: huma.TypeString},
		})
	}
	rest.RegisterStream(n.api, o.Operation, func(ctx huma.Context) {
		q, err := readQuery(ctx, o, t)
		if err != nil {
			rest.Fail(ctx, n.Problem(ctx.Context(), err))
			return
		}
		a, arrays, err := h(ctx, q)
		if err != nil {
			rest.Fail(ctx, n.Problem(ctx.Context(), err))
			return
		}
		parts, err := n.write(&memory{}, a, arrays)
		if err != nil {
			rest.Fail(ctx, n.Problem(ctx.Context(), err))
			return
		}
		ctx.SetHeader("Content-Type", wire.ContentTypeFrame)
		ctx.SetHeader("Content-Length", strconv.Itoa(length(parts)))
		for _, part := range parts {
			_, _ = ctx.BodyWriter().Write(part) // the caller may be gone
		}
	})
}

// readQuery parses a query into a new value of type t.
func readQuery(ctx huma.Context, o *operation, t reflect.Type) (any, error) {
	q := reflect.New(t)
	for i, p := range o.Parameters {
		v := ctx.Query(p.Name)
		if v == "" {
			problem := api.Problemf(api.CodeInvalidRequest, "The query parameter %s is missing: %s", p.Name, p.Description)
			problem.Errors = []api.Fault{{Location: "query." + p.Name, Message: "required query parameter is missing"}}
			return nil, problem
		}
		q.Elem().Field(i).SetString(v)
	}
	return q.Interface(), nil
}
