package node

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/internal/rest"
)

// operation is an operation while it is registered.
type operation struct {
	huma.Operation
	optional bool                                                           // a body that may be absent
	limit    int64                                                          // bytes of a frame of known length
	json     func(ctx context.Context, body []byte) (answer any, err error) // the same operation in JSON; nil if there is none
}

// Option completes an operation that is registered by Handle.
type Option func(*Node, *operation)

// operation begins with what an endpoint says of itself.
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

// OptionalBody lets a JSON body be absent: the handler gets the zero value.
func OptionalBody() Option {
	return func(_ *Node, o *operation) { o.optional = true }
}

// Largest bounds the bytes of a frame, instead of the limit of other bodies.
// It holds for frames whose length is known when they begin to come.
func Largest(bytes int64) Option {
	return func(_ *Node, o *operation) { o.limit = bytes }
}

// InJSON lets an operation of frames also be called in JSON, as the Python
// package's master does. The endpoint says what is documented; handle reads
// the body itself.
func InJSON[Q, A any](_ Endpoint[Q, A], handle func(ctx context.Context, body []byte) (A, error)) Option {
	return func(n *Node, o *operation) {
		var q Q
		var a A
		rest.DocumentBody(n.api, &o.Operation, q)
		rest.DocumentAnswer(n.api, &o.Operation, a)
		o.json = func(ctx context.Context, body []byte) (any, error) { return handle(ctx, body) }
	}
}
