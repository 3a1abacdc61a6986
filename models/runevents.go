package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// eventsSuffix ends the names of the files with the events of fits, which are beside the fits' records.
const eventsSuffix = ".events.jsonl"

// NoEventsError reports that no events are kept of a recorded fit.
type NoEventsError struct{ ID string }

// Error says why there may be none.
func (e *NoEventsError) Error() string {
	return fmt.Sprintf("no events are kept of the fit %q: an earlier release made it, or they could not be written, which the master's log tells", e.ID)
}

// RecordEvents keeps the events of a fit beside its record, which Record has written: one JSON text a line, as they are. They
// are removed with it.
func (s *Store) RecordEvents(ctx context.Context, id string, lines []byte) error {
	if err := CheckID(id); err != nil {
		return &NotFoundError{id}
	}
	return s.writeText(ctx, eventsOf(id), lines)
}

// Events are the events of a fit, as RecordEvents has kept them. The error is a *NotFoundError if the fit is not recorded, or
// a *NoEventsError.
func (s *Store) Events(ctx context.Context, id string) (io.ReadCloser, error) {
	if CheckID(id) != nil {
		return nil, &NotFoundError{id}
	}
	r, err := s.bucket.Open(ctx, eventsOf(id))
	if !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	if _, err := s.Run(ctx, id); err != nil {
		return nil, err
	}
	return nil, &NoEventsError{id}
}

// LocateEvents is where the events of a fit are, as a user finds them.
func (s *Store) LocateEvents(id string) string { return s.bucket.Locate(eventsOf(id)) }

func eventsOf(id string) string { return path.Join(runsFolder, id+eventsSuffix) }

// runOfObject is the fit that a file in the folder of records is of; empty if it is of none.
func runOfObject(name string) (id string, record bool) {
	file := strings.TrimPrefix(name, runsFolder+"/")
	if id, is := strings.CutSuffix(file, ".json"); is {
		return id, true
	}
	if id, is := strings.CutSuffix(file, eventsSuffix); is {
		return id, false
	}
	return "", false
}
