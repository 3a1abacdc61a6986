// Package api holds what travels between clients, masters and workers: paths,
// request and response bodies, errors and events. Both ends of every
// connection import it, so a field has one name and one meaning.
//
// Paths and field names of the older Python package are kept (/v1/chimera/...,
// X_pred_rows, y_pred_rows); what is added stands beside them.
package api
