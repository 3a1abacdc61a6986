package traces

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/gochimera/chimera/internal/watch"
)

// Master traces a master.
type Master struct {
	provider *sdk.TracerProvider // nil if nothing is to be sent
	tracer   trace.Tracer
	log      *slog.Logger
	steps    pace
}

// NewMaster begins to trace a master of a project. It is an error if OpenTelemetry's variables want what there is not.
func NewMaster(project, version string, log *slog.Logger) (*Master, error) {
	p, err := open(identity{service: "chimera-master", project: project, version: version}, log)
	if err != nil || p == nil {
		return &Master{}, err
	}
	return &Master{provider: p, tracer: p.Tracer(library), log: log}, nil
}

// Watch is what the master is to tell (masters.Setup.Watch).
func (m *Master) Watch() *watch.Master {
	if m.provider == nil {
		return &watch.Master{}
	}
	return &watch.Master{Work: m.work, Call: m.call}
}

// Traced is a running master, as a masters.Server is one.
type Traced interface {
	Route(r *http.Request) string
}

// Trace traces the requests that next answers, which belongs to a master that has been started. Requests that only look begin no
// trace: a page that asks once a second would fill a collector.
func (m *Master) Trace(s Traced, next http.Handler) http.Handler {
	if m.provider == nil {
		return next
	}
	begins := func(r *http.Request) bool {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
			return isPart(r)
		default:
			return true
		}
	}
	return requests{m.provider, s.Route, begins, nil}.wrap(next)
}

// Close sends the last spans.
func (m *Master) Close() error { return end(m.provider, m.log) }

// work is told of a piece of work.
func (m *Master) work(ctx context.Context, w watch.Work) (context.Context, func(error)) {
	if w == watch.Step && !m.steps.admits(time.Now()) {
		return untraced(ctx), nil
	}
	ctx, span := m.tracer.Start(ctx, string(w), trace.WithAttributes(about(ctx)...))
	return onwards(ctx), func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// call is told of a call to a worker.
func (m *Master) call(ctx context.Context, k watch.Call) (context.Context, func(watch.Outcome)) {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, nil // no part of any work that is traced
	}
	ctx, span := m.tracer.Start(ctx, k.Endpoint, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		append(about(ctx), attribute.String(workerKey, k.Worker), attribute.Int64("http.request.body.size", k.Sent))...))
	return onwards(ctx), func(o watch.Outcome) {
		span.SetAttributes(attribute.String("chimera.result", string(o.Result)), attribute.Int64("http.response.body.size", o.Received))
		if o.Result == watch.Failed || o.Result == watch.Unanswered {
			span.SetStatus(codes.Error, string(o.Result))
		}
		span.End()
	}
}

// between is the shortest time between two steps that are traced. As listeners to events are, a collector is told of at most 20
// a second, however fast they are.
const between = 50 * time.Millisecond

// pace chooses steps to be traced.
type pace struct {
	mu   sync.Mutex
	last time.Time
}

// admits reports whether a step that begins now is to be traced.
func (p *pace) admits(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.last.IsZero() && now.Sub(p.last) < between {
		return false
	}
	p.last = now
	return true
}
