package cluster

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/sse"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
)

// maxListeners bounds the number of concurrent listeners to the event stream. A listener holds a
// connection, a goroutine and a buffer of a third of a megabyte (listenBuffer) for as long as it
// likes.
const maxListeners = 128

type eventsInput struct {
	LastEventID int `header:"Last-Event-ID" doc:"Send only events after this one." minimum:"0"`
}

// exampleStream is how a stream begins.
const exampleStream = "id: 1\nevent: fit_started\ndata: " + `{"fit_id":"` + ExampleFit + `","workers":["worker1","worker2"],"kind":"aggregation"}` + "\n\n"

// mountEvents registers the stream of server-sent events.
func (s *Server) mountEvents() {
	kinds := map[string]any{}
	for _, e := range api.Events() {
		kinds[e.Kind()] = e
	}
	op := rest.Fails(huma.Operation{
		Method: http.MethodGet, Path: api.PathFitEvents, Summary: "Events of fits, as they happen", Tags: []string{"fit"},
		Description: "Server-sent events: first those of the latest fit, then new ones until the client disconnects or the master stops. " +
			"503 while there are too many listeners.",
		Middlewares: huma.Middlewares{s.limitListeners},
	}, api.CodeTooManyListeners)
	s.Limit(&op)
	sse.Register(s.Huma, op, kinds, func(ctx context.Context, in *eventsInput, send sse.Sender) {
		events, stop := s.broker.listen(in.LastEventID)
		defer stop()
		if flush, ok := ctx.Value(flushKey{}).(func()); ok {
			flush() // who listens knows it at once, and not with the first event
		}
		for {
			select {
			case <-ctx.Done():
				return
			case env, open := <-events:
				if !open || send(sse.Message{ID: env.Seq, Data: env.Event}) != nil {
					return
				}
			}
		}
	})
	s.Huma.OpenAPI().Paths[op.Path].Get.Responses["200"].Content["text/event-stream"].Example = exampleStream
}

// limitListeners admits a listener if there is a free seat, and keeps the seat until the listener leaves. It
// runs before the handler, because that answers 200 before it listens.
func (s *Server) limitListeners(ctx huma.Context, next func(huma.Context)) {
	select {
	case s.seats <- struct{}{}:
	default:
		p := api.Problemf(api.CodeTooManyListeners,
			"%d clients are listening to the events, which is the limit; close one, or ask %s for the state of the fit.", cap(s.seats), api.PathFit)
		ctx.SetHeader("Retry-After", "5")
		_ = huma.WriteErr(s.Huma, ctx, p.Status, p.Detail, p) // huma logs what it could not write
		return
	}
	defer func() { <-s.seats }()
	_, w := humago.Unwrap(ctx)
	next(huma.WithValue(ctx, flushKey{}, func() { _ = http.NewResponseController(w).Flush() })) // what cannot be flushed comes with the first event
}

// flushKey is that of a function that sends the answer's header.
type flushKey struct{}

// Listeners is the number of clients that listen to the stream.
func (s *Server) Listeners() int { return len(s.seats) }
