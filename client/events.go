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
	body, err := c.stream(ctx, transport.Request{Method: http.MethodGet, URL: c.base + api.PathFitEvents, Accept: "text/event-stream"})
	if err != nil {
		return explain(c.base, err)
	}
	defer func() { _ = body.Close() }() // the stream is not read any further
	var now Event
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			now.Seq, err = strconv.Atoi(value)
			if err != nil {
				return fmt.Errorf("the master's events cannot be read: %w", err)
			}
		case "event":
			now.Kind = value
		case "data":
			if now.Event, err = api.DecodeEvent(now.Kind, []byte(value)); err != nil {
				return fmt.Errorf("the master's events cannot be read: %w", err)
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
	if err := lines.Err(); err != nil {
		return explain(c.base, err)
	}
	return &UnreachableError{URL: c.base, Err: errors.New("it ended the stream of events")}
}
