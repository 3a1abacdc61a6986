// Package endpoint describes what nodes ask of each other: each operation has one typed description,
// which both the caller and the called node use, so that path, method, form and types are written
// once.
//
// Package masters/cluster calls endpoints, and package workers/node serves them. A kind of
// distribution lists its own endpoints in its package below distribute.
package endpoint

import "net/http"

// Form is the encoding of bodies.
type Form int

// The forms.
const (
	JSON  Form = iota // in both directions
	Frame             // in both directions: a binary frame with a value in its header, and arrays
)

// None is the body of a request without a body.
type None struct{}

// Endpoint is an operation of a node that takes a Q and returns an A.
type Endpoint[Q, A any] struct {
	Method  string
	Path    string
	Form    Form
	Summary string // for the documentation of the node
	Long    bool   // the answer may take long: it is waited for while the node shows that it is alive
}

// Slow is the endpoint, as one whose answer may take long.
func (e Endpoint[Q, A]) Slow() Endpoint[Q, A] {
	e.Long = true
	return e
}

// Get describes an operation that only reads.
func Get[A any](path, summary string) Endpoint[None, A] {
	return Endpoint[None, A]{Method: http.MethodGet, Path: path, Form: JSON, Summary: summary}
}

// Post describes an operation with a JSON body and answer.
func Post[Q, A any](path, summary string) Endpoint[Q, A] {
	return Endpoint[Q, A]{Method: http.MethodPost, Path: path, Form: JSON, Summary: summary}
}

// PostFrame describes an operation with frames in both directions.
func PostFrame[Q, A any](path, summary string) Endpoint[Q, A] {
	return Endpoint[Q, A]{Method: http.MethodPost, Path: path, Form: Frame, Summary: summary}
}
