package node

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
)

// Endpoint describes an operation of a node, once for both ends.
type Endpoint[Q, A any] = endpoint.Endpoint[Q, A]

// None is the request of an operation without parameters.
type None = endpoint.None

// The forms of an endpoint: JSON in both directions, or frames, which carry a value and arrays.
const (
	JSON  = endpoint.JSON
	Frame = endpoint.Frame
)

// Array is a block of numbers that is sent with a value in a frame.
type Array = wire.Array

// Handler answers a request: q is the decoded request, and arrays are those of the frame, if the
// endpoint takes frames. It may keep its arguments, and must not change the arrays it returned.
type Handler[Q, A any] func(ctx context.Context, q Q, arrays []Array) (A, []Array, error)

// ReusingHandler is a Handler whose memory is reused. It has its memory to itself until the answer has
// been sent, and must not keep the arrays it received.
type ReusingHandler[Q, A, M any] func(ctx context.Context, q Q, arrays []Array, memory *M) (A, []Array, error)

// Plain makes a Handler for an operation without arrays.
func Plain[Q, A any](h func(ctx context.Context, q Q) (A, error)) Handler[Q, A] {
	return func(ctx context.Context, q Q, _ []Array) (A, []Array, error) {
		a, err := h(ctx, q)
		return a, nil, err
	}
}

// Handle registers the operation of an endpoint, with or without a body. An error becomes a problem
// with the right status (see Problem).
func Handle[Q, A any](n *Node, e Endpoint[Q, A], h Handler[Q, A], options ...Option) {
	o := n.operation(e.Method, e.Path, e.Summary, options)
	n.register(o, e.Form, untyped{
		in: *new(Q), out: *new(A), sent: func() any { return new(Q) },
		answer: func(ctx context.Context, q any, arrays []Array, _ any) (any, []Array, error) {
			return h(ctx, *q.(*Q), arrays)
		},
	})
}

// HandleReusing registers an operation on frames that are frequent and large, such as steps: the
// memory for the request, the answer and the handler is reused.
func HandleReusing[Q, A, M any](n *Node, e Endpoint[Q, A], h ReusingHandler[Q, A, M], options ...Option) {
	o := n.operation(e.Method, e.Path, e.Summary, options)
	n.register(o, e.Form, untyped{
		in: *new(Q), out: *new(A), sent: func() any { return new(Q) }, memory: func() any { return new(M) },
		answer: func(ctx context.Context, q any, arrays []Array, memory any) (any, []Array, error) {
			return h(ctx, *q.(*Q), arrays, memory.(*M))
		},
	})
}

// untyped is a handler without its types, so that the code behind it is compiled only once, which
// keeps a worker small.
type untyped struct {
	in, out any        // zero values of Q and A, for the documentation
	sent    func() any // a new *Q
	memory  func() any // a new *M; nil for a handler that does not reuse memory
	answer  func(ctx context.Context, q any, arrays []Array, memory any) (any, []Array, error)
}

// newMemory returns memory for one answer; nil for a handler that does not reuse memory.
func (h untyped) newMemory() any {
	if h.memory == nil {
		return nil
	}
	return h.memory()
}

func (n *Node) register(o *operation, form endpoint.Form, h untyped) {
	if form == endpoint.Frame {
		if o.Method != http.MethodPost {
			panic(fmt.Sprintf("node: %s %s: frames are sent by POST; HandleQuery answers a GET with one", o.Method, o.Path))
		}
		n.handleFrames(o, h)
		return
	}
	n.handleJSON(o, h.in, h.out, func(ctx context.Context, read func(into any) error) (any, error) {
		q := h.sent()
		if err := read(q); err != nil {
			return nil, err
		}
		a, _, err := h.answer(ctx, q, nil, h.newMemory())
		return a, err
	})
}

// handleJSON registers an operation with a JSON body like in, or without one, and a JSON answer like
// out.
func (n *Node) handleJSON(o *operation, in, out any, h rest.JSONHandler) {
	respond := func(ctx context.Context, read func(into any) error) (any, error) {
		a, err := h(ctx, read)
		if err != nil {
			return nil, n.Problem(ctx, err)
		}
		return a, nil
	}
	if o.Method == http.MethodGet {
		rest.RegisterLook(n.api, o.Operation, out, func(ctx context.Context) (any, error) {
			return respond(ctx, func(any) error { return nil })
		})
		return
	}
	rest.RegisterJSON(n.api, o.Operation, in, out, o.optional, respond)
}

// look registers a read-only operation that every node has.
func look[A any](n *Node, path, summary string, read func() (A, error)) {
	var out A
	o := &operation{Operation: huma.Operation{
		Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"node"}, Errors: []int{http.StatusServiceUnavailable},
	}}
	n.handleJSON(o, nil, out, func(context.Context, func(any) error) (any, error) {
		a, err := read()
		return a, err
	})
}
