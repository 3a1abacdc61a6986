// Package traceparent says which trace work is part of, as the W3C's recommendation Trace Context (2021) has it: in a context, and in
// the headers of requests. Who traces puts it into contexts; package transport, which knows no tracing, passes it on. The package
// imports the standard library only.
package traceparent

import (
	"context"
	"net/http"
)

// The headers that say which trace a request is part of.
const (
	HeaderParent = "Traceparent"
	HeaderState  = "Tracestate"
)

// Trace is where in a trace work is. It is a value of each header, or empty for work that is in none.
type Trace struct {
	Parent string // version, trace, span and flags: 00-32 digits-16 digits-2 digits, hexadecimal
	State  string // of those who trace, by their names; it may be empty
}

type contextKey struct{}

// With is the context of work that is part of a trace.
func With(ctx context.Context, t Trace) context.Context {
	return context.WithValue(ctx, contextKey{}, t)
}

// Of is the trace that a context says; empty if there is none.
func Of(ctx context.Context) Trace {
	t, _ := ctx.Value(contextKey{}).(Trace)
	return t
}

// Send sets the headers of a request that is part of the trace.
func (t Trace) Send(h http.Header) {
	if t.Parent == "" {
		return
	}
	h.Set(HeaderParent, t.Parent)
	if t.State != "" {
		h.Set(HeaderState, t.State)
	}
}
