package traces

import (
	"context"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/internal/traceparent"
)

// The keys of what spans say, beside those that OpenTelemetry's conventions name.
const (
	runKey    = "chimera.run"  // the fit's ID
	stepKey   = "chimera.step" // counted from 1
	workerKey = "chimera.worker"
)

// about is what a context says of the run that its work is for.
func about(ctx context.Context) (list []attribute.KeyValue) {
	run, step := logs.Of(ctx)
	if run != "" {
		list = append(list, attribute.String(runKey, run))
	}
	if step > 0 {
		list = append(list, attribute.Int(stepKey, step))
	}
	return list
}

// onwards is the context by which package transport tells the other side which trace a request is part of.
func onwards(ctx context.Context) context.Context {
	headers := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, headers)
	return traceparent.With(ctx, traceparent.Trace{Parent: headers["traceparent"], State: headers["tracestate"]})
}

// untraced is the context of work that is left out of the trace that it would be part of.
func untraced(ctx context.Context) context.Context {
	return traceparent.With(trace.ContextWithSpanContext(ctx, trace.SpanContext{}), traceparent.Trace{})
}

// isPart reports whether a request is part of a trace. A header that names none does not make it so.
func isPart(r *http.Request) bool {
	if r.Header.Get(traceparent.HeaderParent) == "" {
		return false
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.HeaderCarrier(r.Header))
	return trace.SpanContextFromContext(ctx).IsValid()
}

// requests traces the requests to a node.
type requests struct {
	provider *sdk.TracerProvider
	route    func(*http.Request) string // the path that a request goes to, as it was registered; empty if there is none
	begins   func(r *http.Request) bool // whether a request is traced
	more     []attribute.KeyValue       // what each span says
}

func (q requests) wrap(next http.Handler) http.Handler {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		span := trace.SpanFromContext(ctx)
		if !span.SpanContext().IsValid() { // it is not traced
			next.ServeHTTP(w, r)
			return
		}
		span.SetAttributes(append(about(ctx), q.more...)...)
		next.ServeHTTP(w, r.WithContext(onwards(ctx)))
	})
	return otelhttp.NewHandler(inner, "", otelhttp.WithTracerProvider(q.provider), otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithFilter(q.begins), otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			route := q.route(r)
			if route == "" {
				return r.Method
			}
			return r.Method + " " + route
		}))
}
