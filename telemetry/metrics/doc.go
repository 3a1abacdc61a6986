// Package metrics shows at /metrics what masters and workers do, in the form that Prometheus reads. A worker has it if its program
// imports this package, as generated mains do unless telemetry.metrics is false in chimera.yaml; for a master a program makes one
// with [NewMaster], as chimera.Run does.
//
// A metric is declared once, in the file that counts it: what is shown, the table in docs/monitoring.md and the checks of the
// dashboard and of the alerts follow from that. Values of labels come from a list that is fixed when the program starts (routes
// that are registered, names of the project's workers), so that neither callers nor fits add series.
//
// The package is not imported by what it watches. It imports client_golang, api, internal/rest, internal/watch and workers/node.
package metrics

//go:generate go test -run ^TestMonitoringPageIsUpToDate$ . -update
