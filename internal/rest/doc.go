// Package rest is the HTTP shell that masters and workers share: a huma API
// with one error form (api.Problem), limits on every body, 404 and 405 in the
// same form, OpenAPI documents, and an orderly end.
//
// A request goes through six doors. How many there are (admission.go, pace.go): at
// a master so many at once, and so many a second of one address. Who may call
// (callers.go): pages of other sites may not, nor may anybody by a name that is not the node's. What its sender
// has proved to be allowed (Options.Admit), where a master asks for that. What
// the operation takes (receive.go): content type and coding. How
// much memory there is (memory.go). Then the body is read, here for
// all operations, so that what can be wrong with one on the wire is
// answered alike; huma gets it from memory.
//
// It knows the shared types of api and neither masters nor workers.
package rest
