// Package endpoint says what nodes ask of each other: one typed description of
// each operation, which the caller and the node that answers both use, so that
// path, method, form and types are written once.
//
// Package masters/cluster calls endpoints, package workers/node serves them. A
// kind of distribution lists its own in its package below distribute.
package endpoint

import "net/http"

// Form is how bodies are encoded.
type Form int

// The forms.
const (
	JSON  Form = iota // both ways
	Frame             // both ways: a binary frame, whose header holds the value and beside which arrays travel
)

// None is the body of a request that has none.
type None struct{}

// Endpoint is an operation of a node: what is sent is a Q, what comes back an A.
type Endpoint[Q, A any] struct {
	Method  string
	Path    string
	Form    Form
	Summary string // for the documentation of the node that has it
}

// Get describes an operation that only reads.
func Get[A any](path, summary string) Endpoint[None, A] {
	return Endpoint[None, A]{Method: http.MethodGet, Path: path, Form: JSON, Summary: summary}
}

// Post describes an operation with a JSON body and answer.
func Post[Q, A any](path, summary string) Endpoint[Q, A] {
	return Endpoint[Q, A]{Method: http.MethodPost, Path: path, Form: JSON, Summary: summary}
}

// PostFrame describes an operation with a frame both ways.
func PostFrame[Q, A any](path, summary string) Endpoint[Q, A] {
	return Endpoint[Q, A]{Method: http.MethodPost, Path: path, Form: Frame, Summary: summary}
}
