package logs

import (
	"context"
	"log/slog"
)

// The keys of what lines say of the work that they are about.
const (
	RunKey    = "run"    // the ID of a fit
	StepKey   = "step"   // of the fit, counted from 1
	WorkerKey = "worker" // its name
)

// about is what a context says.
type about struct {
	request string
	run     string
	step    int
}

type contextKey struct{}

func of(ctx context.Context) about {
	if w, is := ctx.Value(contextKey{}).(*within); is {
		return w.about
	}
	return about{}
}

// within is a context that says something. It is one of its own, so that a request and a step cost one allocation each.
type within struct {
	context.Context
	about
}

// Value implements [context.Context].
func (w *within) Value(key any) any {
	if key == (contextKey{}) {
		return w
	}
	return w.Context.Value(key)
}

// WithRun is the context of work for a run; the empty one changes nothing.
func WithRun(ctx context.Context, run string) context.Context {
	if run == "" {
		return ctx
	}
	a := of(ctx)
	a.run = run
	return &within{ctx, a}
}

// WithStep is the context of work for a step of a run, counted from 1; below that it is for none.
func WithStep(ctx context.Context, step int) context.Context {
	a := of(ctx)
	a.step = max(step, 0)
	return &within{ctx, a}
}

// Of is the run and the step that a context is for; empty and 0 if there is none.
func Of(ctx context.Context) (run string, step int) {
	a := of(ctx)
	return a.run, a.step
}

// Contextual is a handler that adds to each record what its context says, unless the record or the logger says it already.
func Contextual(h slog.Handler) slog.Handler {
	if c, is := h.(*contextual); is {
		return c
	}
	return &contextual{Handler: h}
}

type contextual struct {
	slog.Handler
	request, run, step bool // the logger says it already, or is in a group, where the names mean something else
}

// Handle implements [slog.Handler].
func (c *contextual) Handle(ctx context.Context, r slog.Record) error {
	a := of(ctx)
	request, run, step := a.request == "" || c.request, a.run == "" || c.run, a.step == 0 || c.step
	if request && run && step {
		return c.Handler.Handle(ctx, r)
	}
	r.Attrs(func(a slog.Attr) bool {
		request, run, step = request || a.Key == RequestKey, run || a.Key == RunKey, step || a.Key == StepKey
		return true
	})
	r = r.Clone() // its attributes are shared with the caller's
	if !request {
		r.AddAttrs(slog.String(RequestKey, a.request))
	}
	if !run {
		r.AddAttrs(slog.String(RunKey, a.run))
	}
	if !step {
		r.AddAttrs(slog.Int(StepKey, a.step))
	}
	return c.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (c *contextual) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := &contextual{Handler: c.Handler.WithAttrs(attrs), request: c.request, run: c.run, step: c.step}
	for _, a := range attrs {
		next.request = next.request || a.Key == RequestKey
		next.run, next.step = next.run || a.Key == RunKey, next.step || a.Key == StepKey
	}
	return next
}

// WithGroup implements [slog.Handler].
func (c *contextual) WithGroup(name string) slog.Handler {
	return &contextual{Handler: c.Handler.WithGroup(name), request: true, run: true, step: true}
}
