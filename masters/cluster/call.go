package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// Call makes one request to one member, with the cluster's deadline and retries. A member that does
// not answer is marked down. The error can be shown to users; Member.Failure turns it into a failure
// with a code.
func Call[Q, A any](ctx context.Context, c *Cluster, m *Member, e endpoint.Endpoint[Q, A], q Q, arrays ...wire.Array) (A, error) {
	message := NewMessage(e)
	if err := message.Encode(q, arrays...); err != nil {
		var none A
		return none, err
	}
	r := Send(ctx, c, m, message, nil)
	return r.Value, r.Err
}

// Message is a request that is encoded once, however many members it is sent to. Encoding it again
// reuses its memory, so it must not be in flight then.
type Message[Q, A any] struct {
	// Bounded says that the whole answer is wanted within endpoints.timeout, even if the endpoint is a
	// slow one: the caller goes on without a member that is late.
	Bounded bool

	endpoint endpoint.Endpoint[Q, A]
	parts    [][]byte // the body; nil if there is none
}

// NewMessage makes a message for an endpoint; it has no body until it is encoded.
func NewMessage[Q, A any](e endpoint.Endpoint[Q, A]) *Message[Q, A] {
	return &Message[Q, A]{endpoint: e}
}

// Encode makes the message's body. Long arrays are not copied, so they must not change until the
// message has been sent to everyone.
func (g *Message[Q, A]) Encode(q Q, arrays ...wire.Array) error {
	if _, none := any(q).(endpoint.None); none {
		return nil
	}
	var err error
	if g.endpoint.Form == endpoint.Frame {
		var head []byte
		if g.parts != nil {
			head = g.parts[0]
		}
		g.parts, err = wire.EncodeParts(head, q, arrays...)
	} else {
		body, encoded := any(q).(json.RawMessage)
		if !encoded {
			body, err = json.Marshal(q)
		}
		g.parts = [][]byte{body}
	}
	if err != nil {
		return fmt.Errorf("encoding a request to %s: %w", g.endpoint.Path, err)
	}
	return nil
}

// Encoded sets a body that is already encoded.
func (g *Message[Q, A]) Encoded(body []byte) { g.parts = [][]byte{body} }

// Size is the length of the body in bytes.
func (g *Message[Q, A]) Size() (n int) {
	for _, p := range g.parts {
		n += len(p)
	}
	return n
}

// Reply is the answer of one member.
type Reply[A any] struct {
	Value    A
	Arrays   []wire.Array // from a frame; if memory was passed to Send, they lie in it until its next use
	Retries  int
	Sent     int64 // bytes of bodies, retries included
	Received int64
	Err      error
}

// Send sends a message to one member, with the cluster's deadline and retries. A member that does not
// answer is marked down. A frame in the answer is read into memory, which may be nil and is kept for
// the next use.
func Send[Q, A any](ctx context.Context, c *Cluster, m *Member, g *Message[Q, A], memory *[]byte) Reply[A] {
	t := g.to(m, memory)
	return t.reply(c.settle(ctx, m, t.call, c.attempt(ctx, m, t.call)))
}

// Attempt sends a message to one member once, and leaves it to the caller how to handle a failure.
func Attempt[Q, A any](ctx context.Context, c *Cluster, m *Member, g *Message[Q, A]) Reply[A] {
	t := g.to(m, nil)
	return t.reply(c.attempt(ctx, m, t.call))
}

// AttemptAgain is Attempt with the cluster's retries.
func AttemptAgain[Q, A any](ctx context.Context, c *Cluster, m *Member, g *Message[Q, A]) Reply[A] {
	t := g.to(m, nil)
	return t.reply(c.retry(ctx, m, t.call, c.attempt(ctx, m, t.call)))
}

// transfer is a message on its way to one member, and its answer.
type transfer[A any] struct {
	call
	frame bool
	got   wire.Received // the received frame
}

// call is a request, and how long its answer may take.
type call struct {
	request transport.Request
	how     manner
}

func (g *Message[Q, A]) to(m *Member, memory *[]byte) *transfer[A] {
	t := &transfer[A]{frame: g.endpoint.Form == endpoint.Frame}
	t.how.long = g.endpoint.Long && !g.Bounded
	t.request = transport.Request{Method: g.endpoint.Method, URL: m.URL + g.endpoint.Path, Node: m.Name, Parts: g.parts, Within: m.within}
	if !t.frame {
		t.request.Accept = "application/json"
		if g.parts != nil {
			t.request.ContentType = "application/json"
		}
		return t
	}
	t.request.ContentType, t.request.Accept = wire.ContentTypeFrame, wire.ContentTypeFrame
	t.request.Read = func(body io.Reader, length int64) (err error) {
		var into []byte
		if memory != nil {
			into = *memory
		}
		t.got, err = wire.Receive(body, length, into)
		if memory != nil {
			*memory = t.got.Memory()
		}
		if err == nil {
			err = t.got.Check()
		}
		return err
	}
	return t
}

// reply decodes the answer.
func (t *transfer[A]) reply(o outcome) Reply[A] {
	r := Reply[A]{Retries: o.retries, Sent: int64(t.request.Size()) * int64(o.retries+1), Err: o.err}
	if o.err != nil {
		return r
	}
	var err error
	if t.frame {
		r.Received = int64(t.got.Len())
		r.Arrays, err = t.got.Decode(&r.Value)
	} else {
		r.Received = int64(len(o.answer.Body))
		err = json.Unmarshal(o.answer.Body, &r.Value)
	}
	if err != nil {
		r.Err = fmt.Errorf("its answer cannot be read: %w", err)
	}
	return r
}

// CodeOf is the code of the problem that a node answered, or empty if the error is something else.
func CodeOf(err error) api.Code {
	var s *transport.StatusError
	if errors.As(err, &s) {
		return s.Code()
	}
	return ""
}

// outcome is the result of a request.
type outcome struct {
	answer  *transport.Answer
	retries int
	err     error
}

// noAnswerError is why there is no answer: the connection could not be made, it broke, or the time was
// up.
type noAnswerError struct{ error }

// Unwrap is the reason.
func (e *noAnswerError) Unwrap() error { return e.error }

// attempt tries a request once.
func (c *Cluster) attempt(ctx context.Context, m *Member, k call) outcome {
	limited, done := c.wait(ctx, m, &k.request, k.how)
	defer done()
	limited, seen := c.watched(limited, m, &k.request)
	answer, err := c.client.Do(limited, k.request)
	return outcome{answer: answer, err: c.note(ctx, m, k.request.URL, seen, sizeOf(answer), err)}
}

// settle retries a request like retry, and marks the member down if there is no answer in the end.
func (c *Cluster) settle(ctx context.Context, m *Member, k call, o outcome) outcome {
	o = c.retry(ctx, m, k, o)
	if o.err != nil && ctx.Err() == nil && !isStatus(o.err) && !transport.Damaged(o.err) {
		c.Down(ctx, m, o.err.Error())
	}
	return o
}

// retry repeats a request for as long as that may help and the configuration allows, with growing
// pauses. It does not wait for a member that its launcher has left alone, nor past the time of a
// prediction. One that was damaged on its way, or whose answer was, is sent once more in any case.
func (c *Cluster) retry(ctx context.Context, m *Member, k call, o outcome) outcome {
	if o.err == nil || c.retries(o.err) == 0 {
		return o
	}
	pauses := transport.NewPauses(learner.Seed(c.setup.Config.Seed, "retry", m.Name, k.request.URL))
	for o.err != nil && ctx.Err() == nil && o.retries < c.retries(o.err) && transport.Temporary(o.err) {
		pause := pauses.Next()
		if k.how.tally.enough() && pause > k.how.tally.lateAfter || exceeds(ctx, pause) {
			return o
		}
		c.Log.DebugContext(ctx, "retrying a request to a worker", "worker", m.Name, "url", k.request.URL, "try", o.retries+2, "in", pause, "error", o.err)
		if err := m.pause(ctx, pause); err != nil {
			if ctx.Err() != nil {
				o.err = err
			}
			return o
		}
		c.retrying(m, &k.request)
		retries := o.retries + 1
		o = c.attempt(ctx, m, k)
		o.retries = retries
	}
	return o
}

// retries is how often a request that failed may be sent again.
func (c *Cluster) retries(err error) int {
	if transport.Damaged(err) {
		return max(c.setup.Config.Endpoints.MaxRetries, 1)
	}
	return c.setup.Config.Endpoints.MaxRetries
}

func (c *Cluster) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.Timeout(), fmt.Errorf("%w: it did not answer within %v (endpoints.timeout)", transport.ErrTimeout, c.Timeout()))
}

// note counts an attempt, tells those who watch, and writes the time log. An error answer counts as a latency too; the error of
// a call without an answer is marked as such. That a call was cancelled is nobody's failure.
func (c *Cluster) note(ctx context.Context, m *Member, url string, seen sighting, received int64, err error) error {
	took := time.Since(seen.start)
	seen.end(ctx, took, received, err)
	if ctx.Err() == nil {
		m.count(err)
	}
	if err != nil && !isStatus(err) {
		return &noAnswerError{err}
	}
	c.setup.TimeLog.worker(ctx, m, url, took)
	return err
}

// sizeOf is how many bytes an answer's body has; 0 if there is no answer.
func sizeOf(answer *transport.Answer) int64 {
	if answer == nil {
		return 0
	}
	return answer.Size
}

func isStatus(err error) bool {
	var s *transport.StatusError
	return errors.As(err, &s)
}
