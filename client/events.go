package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
)

// Events calls each with the master's events, starting with those of the latest fit, until each
// returns false (then the error is nil), ctx ends, or the master stops. Use a type switch on
// Event.Event; the types are in package api, and an event of a kind that this program does not know is
// an [api.UnknownEvent].
func (c *Client) Events(ctx context.Context, each func(Event) bool) error {
	return c.eventsAfter(ctx, 0, each)
}

// largestEvent bounds the bytes of an event. A step has a part for each worker.
const largestEvent = 64 << 20

// unreadableError says that the master sent events that cannot be read. It would send them again.
type unreadableError struct{ error }

// Error says why.
func (e *unreadableError) Error() string {
	return "the master's events cannot be read: " + e.error.Error()
}

// Unwrap is the reason.
func (e *unreadableError) Unwrap() error { return e.error }

// eventsAfter is Events without those up to a number.
func (c *Client) eventsAfter(ctx context.Context, last int, each func(Event) bool) error {
	body, err := c.stream(ctx, transport.Request{
		Method: http.MethodGet, URL: c.base + api.PathFitEvents, Accept: "text/event-stream", LastEvent: last,
	})
	if err != nil {
		return explain(c.base, err)
	}
	defer func() { _ = body.Close() }() // the stream is not read any further
	var now Event
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, largestEvent)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			now.Seq, err = strconv.Atoi(value)
			if err != nil {
				return &unreadableError{err}
			}
		case "event":
			now.Kind = value
		case "data":
			if now.Event, err = api.DecodeEvent(now.Kind, []byte(value)); err != nil {
				return &unreadableError{err}
			}
			if !each(now) {
				return nil
			}
			now = Event{}
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return &unreadableError{fmt.Errorf("one is larger than %d bytes", largestEvent)}
	} else if err != nil {
		return explain(c.base, err)
	}
	return &UnreachableError{URL: c.base, Err: errors.New("it ended the stream of events")}
}
