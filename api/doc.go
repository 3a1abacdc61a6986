// Package api defines what is sent between clients, masters and workers: paths, request and response
// bodies, errors and events. Both ends of every connection import it, so a field has one name and one
// meaning.
//
// Paths and field names of the older Python package are kept (/v1/chimera/..., X_pred_rows,
// y_pred_rows), and new ones are added.
//
// Every error answer is a [Problem] with a stable [Code]; [Codes] describes what each means and what
// to do, and docs/errors.md is the same as a page. What happens during a fit is published as events
// ([Event]); [RegisterEvent] adds a kind of event.
//
// The package is public, and so is the type of every field, so that a program outside this module can
// name whatever it receives. It imports packages learner, registry and metrics, whose types it sends,
// huma for the schemas of its own types, and internal/wire for the form of numbers.
package api

//go:generate go test -run ^TestErrorsPageIsUpToDate$ . -update
