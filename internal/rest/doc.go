// Package rest is the HTTP shell that masters and workers share: a huma API
// with one error form (api.Problem), limits on every body, 404 and 405 in the
// same form, OpenAPI documents, and an orderly end.
//
// It knows the shared types of api and neither masters nor workers.
package rest
