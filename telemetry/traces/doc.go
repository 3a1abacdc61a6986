// Package traces tells an OpenTelemetry collector what masters and workers do with a request, as one trace: a fit with its steps and a
// prediction, their calls to workers, and what these do, up to what the stages of a pipeline send each other. A worker traces if its
// program imports this package, as generated mains do if telemetry.traces is true; for a master a program makes one with [NewMaster],
// as chimera.Run does.
//
// Spans are sent by OTLP over HTTP. Where to, which of them, and under which names, OpenTelemetry's own variables say (OTEL_…). Which
// trace a request is part of, its headers say (W3C Trace Context, 2021): a trace that a client has begun is continued. A worker begins
// none by itself.
//
// The package is not imported by what it watches. It imports OpenTelemetry, api, internal/logs, internal/traceparent, internal/watch
// and workers/node.
package traces
