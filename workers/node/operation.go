package node

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/internal/rest"
)

// operation is an operation during its registration.
type operation struct {
	huma.Operation
	optional bool                                                           // the body may be absent
	limit    int64                                                          // largest frame of known length, in bytes
	json     func(ctx context.Context, body []byte) (answer any, err error) // the same operation in JSON; nil if it has none
}

// Option changes an operation that Handle registers.
type Option func(*Node, *operation)

// operation starts with what the endpoint says about itself.
func (n *Node) operation(method, path, summary string, options []Option) *operation {
	o := &operation{
		Operation: huma.Operation{
			Method: method, Path: path, Summary: summary, Tags: []string{n.Spec.Role},
			Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
		},
		limit: n.Limits().MaxBody,
	}
	for _, add := range options {
		add(n, o)
	}
	return o
}

// Describe adds a description to the documentation.
func Describe(text string) Option {
	return func(_ *Node, o *operation) { o.Description = text }
}

// OptionalBody allows a JSON body to be absent: the handler then gets the zero value.
func OptionalBody() Option {
	return func(_ *Node, o *operation) { o.optional = true }
}

// Largest sets the largest size of a frame in bytes, instead of the limit for other bodies. It applies
// to frames whose length is known in advance.
func Largest(bytes int64) Option {
	return func(_ *Node, o *operation) { o.limit = bytes }
}

// InJSON also allows an operation on frames to be called with JSON, as the Python package's master
// does. The endpoint is what is documented; handle decodes the body itself.
func InJSON[Q, A any](_ Endpoint[Q, A], handle func(ctx context.Context, body []byte) (A, error)) Option {
	return func(n *Node, o *operation) {
		var q Q
		var a A
		rest.DocumentBody(n.api, &o.Operation, q)
		rest.DocumentAnswer(n.api, &o.Operation, a)
		o.json = func(ctx context.Context, body []byte) (any, error) { return handle(ctx, body) }
	}
}
