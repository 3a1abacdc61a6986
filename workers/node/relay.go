package node

import "context"

// Relay is an answer of a node's own, or if Frame is not nil that of another
// node, a whole frame, which is handed on as it came: nobody on the way decodes
// it and encodes it again. Who asked checks it, as every answer.
type Relay[A any] struct {
	Value  A
	Arrays []Array
	Frame  []byte
}

// RelayingHandler is a Handler that may answer with what another node did.
type RelayingHandler[Q, A any] func(ctx context.Context, q Q, arrays []Array) (Relay[A], error)

// relayed is the frame of another node in place of an answer's value.
type relayed []byte

// HandleRelaying registers an operation of frames whose answer may be another
// node's.
func HandleRelaying[Q, A any](n *Node, e Endpoint[Q, A], h RelayingHandler[Q, A], options ...Option) {
	o := n.operation(e.Method, e.Path, e.Summary, options)
	n.register(o, e.Form, untyped{
		in: *new(Q), out: *new(A), sent: func() any { return new(Q) },
		answer: func(ctx context.Context, q any, arrays []Array, _ any) (any, []Array, error) {
			r, err := h(ctx, *q.(*Q), arrays)
			if err == nil && r.Frame != nil {
				return relayed(r.Frame), nil, nil
			}
			return r.Value, r.Arrays, err
		},
	})
}
