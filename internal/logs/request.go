package logs

import (
	"context"
	"crypto/rand"
)

// RequestKey is the key of the ID of the request to the master that a line is about.
const RequestKey = "request"

// maxRequestID is the length of the longest ID of a request that a caller may give.
const maxRequestID = 64

// NewRequestID makes the ID of a request.
func NewRequestID() string { return rand.Text() }

// IsRequestID reports whether a text can be the ID of a request: up to 64 printable ASCII characters, at least one.
func IsRequestID(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return text != "" && len(text) <= maxRequestID
}

// WithRequest is the context of work for a request; an ID that is none, as the empty one, changes nothing.
func WithRequest(ctx context.Context, id string) context.Context {
	if !IsRequestID(id) {
		return ctx
	}
	a := of(ctx)
	a.request = id
	return &within{ctx, a}
}

// Request is the ID of the request that a context is for; empty if there is none.
func Request(ctx context.Context) string { return of(ctx).request }
