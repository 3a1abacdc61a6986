package cluster

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/watch"
)

// work tells those who watch that a piece of work begins; done, which is called once, tells how it ended.
func (c *Cluster) work(ctx context.Context, w watch.Work) (within context.Context, done func(error)) {
	var ends []func(error)
	for _, who := range c.setup.Watch {
		if who.Work == nil {
			continue
		}
		var end func(error)
		if ctx, end = who.Work(ctx, w); end != nil {
			ends = append(ends, end)
		}
	}
	return ctx, func(err error) {
		for _, end := range slices.Backward(ends) {
			end(err)
		}
	}
}

// watched tells those who watch that a member is called, and returns the call's context; note tells how that ended.
func (c *Cluster) watched(ctx context.Context, m *Member, r *transport.Request) (context.Context, sighting) {
	var s sighting
	for _, w := range c.setup.Watch {
		if w.Call == nil {
			continue
		}
		var end func(watch.Outcome)
		if ctx, end = w.Call(ctx, callOf(m, r)); end != nil {
			s.ends = append(s.ends, end)
		}
	}
	s.start = time.Now()
	return ctx, s
}

// retrying tells those who watch that a call is tried again.
func (c *Cluster) retrying(m *Member, r *transport.Request) {
	for _, w := range c.setup.Watch {
		if w.Retry != nil {
			w.Retry(callOf(m, r))
		}
	}
}

func callOf(m *Member, r *transport.Request) watch.Call {
	path, _, _ := strings.Cut(strings.TrimPrefix(r.URL, m.URL), "?")
	return watch.Call{Worker: m.Name, Endpoint: path, Sent: int64(r.Size())}
}

// sighting is a call that has begun, and who is told of its end.
type sighting struct {
	start time.Time
	ends  []func(watch.Outcome)
}

// end tells how the call ended. ctx is that of who wanted the answer.
func (s *sighting) end(ctx context.Context, took time.Duration, received int64, err error) {
	for _, end := range s.ends {
		end(watch.Outcome{Result: resultOf(ctx, err), Received: received, Seconds: took.Seconds()})
	}
}

func resultOf(ctx context.Context, err error) watch.Result {
	var unwritten *WriteError
	switch {
	case err == nil:
		return watch.Answered
	case ctx.Err() != nil, errors.As(err, &unwritten): // the worker is not at fault
		return watch.Cancelled
	case !isStatus(err):
		return watch.Unanswered
	case isRefusal(err):
		return watch.Refused
	default:
		return watch.Failed
	}
}
