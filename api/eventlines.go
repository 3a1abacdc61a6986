package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// mostEventLine bounds one event as text; the step of a thousand workers has half of it.
const mostEventLine = 1 << 20

// UnmarshalJSON decodes an event as the type that is registered for its kind, or as an [UnknownEvent].
func (e *Envelope) UnmarshalJSON(text []byte) error {
	var raw struct {
		Seq   int             `json:"seq"`
		Time  time.Time       `json:"time"`
		Kind  string          `json:"kind"`
		Event json.RawMessage `json:"event"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	if raw.Kind == "" {
		return errors.New("an event without a kind")
	}
	event, err := DecodeEvent(raw.Kind, raw.Event)
	*e = Envelope{Seq: raw.Seq, Time: raw.Time, Kind: raw.Kind, Event: event}
	return err
}

// ReadEvents reads events from lines of JSON, as a master keeps those of a fit, and calls each until it returns false. The error names the
// line.
func ReadEvents(r io.Reader, each func(Envelope) bool) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, mostEventLine)
	n := 0
	for lines.Scan() {
		n++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var e Envelope
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("line %d of the events cannot be read: %w", n, err)
		}
		if !each(e) {
			return nil
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("the events cannot be read after line %d: %w", n, err)
	}
	return nil
}
