package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
)

// Events calls each with what happens at the master, beginning with the events of
// the latest fit, until each returns false (then the error is nil), ctx ends, or the master goes.
func (c *Client) Events(ctx context.Context, each func(Event) bool) error {
	body, err := c.http.Stream(ctx, transport.Request{Method: http.MethodGet, URL: c.base + api.PathFitEvents, Accept: "text/event-stream"})
	if err != nil {
		return explain(c.base, err)
	}
	defer func() { _ = body.Close() }() // nothing more is wanted of it
	kinds := map[string]reflect.Type{}
	for _, e := range api.Events() {
		kinds[e.Kind()] = reflect.TypeOf(e)
	}
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
			kind, known := kinds[now.Kind]
			if !known {
				continue // of a newer master
			}
			e := reflect.New(kind)
			if err := json.Unmarshal([]byte(value), e.Interface()); err != nil {
				return fmt.Errorf("the master's event %s cannot be read: %w", now.Kind, err)
			}
			now.Event, _ = e.Elem().Interface().(api.Event)
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
