package traces

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// closeWithin is how long the last spans may take to be sent when a program ends.
const closeWithin = 2 * time.Second

// library names this package in spans.
const library = "github.com/gochimera/chimera/telemetry/traces"

// identity is what a node's spans say of it, unless OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say otherwise.
type identity struct {
	service  string
	project  string
	instance string // the worker's name; empty for a master
	version  string
}

// open begins to send a node's spans; it is nil if OpenTelemetry's variables want none.
func open(id identity, log *slog.Logger) (*trace.TracerProvider, error) {
	want, err := wanted(os.Getenv)
	if err != nil || !want {
		return nil, err
	}
	ctx := context.Background() // nothing is sent yet
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces cannot be sent: %w", err)
	}
	attributes := []attribute.KeyValue{
		attribute.String("service.name", id.service), attribute.String("service.namespace", id.project), attribute.String("service.version", id.version),
	}
	if id.instance != "" {
		attributes = append(attributes, attribute.String("service.instance.id", id.instance))
	}
	r, err := resource.New(ctx, resource.WithAttributes(attributes...), resource.WithTelemetrySDK(), resource.WithProcessPID(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("the variables of OpenTelemetry cannot be used: %w", err)
	}
	return trace.NewTracerProvider(trace.WithBatcher(&outspoken{SpanExporter: exporter, log: log}), trace.WithResource(r)), nil
}

// end sends what has not been sent yet, and ends the provider, which may be nil.
func end(p *trace.TracerProvider, log *slog.Logger) error {
	if p == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if err := p.Shutdown(ctx); err != nil { // that spans were refused is none, and has been said
		log.WarnContext(ctx, "the last traces could not be sent and are lost", "within", closeWithin, "error", err)
	}
	return nil
}

// outspoken is an exporter that says in the node's log when spans cannot be sent, and when they can be again.
type outspoken struct {
	trace.SpanExporter
	log    *slog.Logger
	failed atomic.Bool
}

// ExportSpans implements [trace.SpanExporter].
func (o *outspoken) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	err := o.SpanExporter.ExportSpans(ctx, spans)
	switch failed := err != nil; {
	case failed && !o.failed.Swap(true):
		o.log.WarnContext(ctx, "traces cannot be sent and are lost; the work goes on", "spans", len(spans), "error", err)
	case !failed && o.failed.Swap(false):
		o.log.InfoContext(ctx, "traces are sent again")
	default:
	}
	return nil // or it would be said once more, past the log
}
