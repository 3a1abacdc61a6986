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

// Endpoint is an operation of a node, described once for both ends.
type Endpoint[Q, A any] = endpoint.Endpoint[Q, A]

// None is the request of an operation that takes nothing.
type None = endpoint.None

// The forms of an endpoint: JSON both ways, or frames, beside whose value
// arrays travel.
const (
	JSON  = endpoint.JSON
	Frame = endpoint.Frame
)

// Array is a block of numbers that travels beside a value in a frame.
type Array = wire.Array

// Handler answers a request: q is what was sent, arrays are what came with it
// if the endpoint is one of frames, and so are the arrays that it returns. It
// may keep what it is given, and may not change what it returned.
type Handler[Q, A any] func(ctx context.Context, q Q, arrays []Array) (A, []Array, error)

// ReusingHandler is a Handler whose memory is used again. It has memory for
// itself alone until its answer has been sent, and it may not keep the arrays that came.
type ReusingHandler[Q, A, M any] func(ctx context.Context, q Q, arrays []Array, memory *M) (A, []Array, error)

// Plain is the Handler of an operation without arrays.
func Plain[Q, A any](h func(ctx context.Context, q Q) (A, error)) Handler[Q, A] {
	return func(ctx context.Context, q Q, _ []Array) (A, []Array, error) {
		a, err := h(ctx, q)
		return a, nil, err
	}
}

// Handle registers the operation of an endpoint with a body, or of one that
// only looks. An error becomes a problem with the right status (see Problem).
func Handle[Q, A any](n *Node, e Endpoint[Q, A], h Handler[Q, A], options ...Option) {
	o := n.operation(e.Method, e.Path, e.Summary, options)
	n.register(o, e.Form, untyped{
		in: *new(Q), out: *new(A), sent: func() any { return new(Q) },
		answer: func(ctx context.Context, q any, arrays []Array, _ any) (any, []Array, error) {
			return h(ctx, *q.(*Q), arrays)
		},
	})
}

// HandleReusing registers an operation of frames that are many and large, such
// as steps: the memory of what comes, of what is sent and of the handler is used again.
func HandleReusing[Q, A, M any](n *Node, e Endpoint[Q, A], h ReusingHandler[Q, A, M], options ...Option) {
	o := n.operation(e.Method, e.Path, e.Summary, options)
	n.register(o, e.Form, untyped{
		in: *new(Q), out: *new(A), sent: func() any { return new(Q) }, memory: func() any { return new(M) },
		answer: func(ctx context.Context, q any, arrays []Array, memory any) (any, []Array, error) {
			return h(ctx, *q.(*Q), arrays, memory.(*M))
		},
	})
}

// untyped is a handler without its types, so that what follows is compiled
// once: a worker is small.
type untyped struct {
	in, out any        // zero values of Q and A, for the documentation
	sent    func() any // a new *Q
	memory  func() any // a new *M; nil for a handler that does not reuse its memory
	answer  func(ctx context.Context, q any, arrays []Array, memory any) (any, []Array, error)
}

// newMemory is memory for one answer; nil for a handler that wants none.
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

// handleJSON registers an operation with a JSON body like in, or with none,
// and a JSON answer like out.
func (n *Node) handleJSON(o *operation, in, out any, h rest.JSONHandler) {
	respond := func(ctx context.Context, read func(into any) error) (any, error) {
		a, err := h(ctx, read)
		if err != nil {
			return nil, n.Problem(err)
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

// look registers an operation that every node has, and that only reads.
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
