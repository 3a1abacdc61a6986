package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/models"
)

// mostEventBytes bounds what is kept of the events of one fit.
const mostEventBytes = 1 << 20

// run is the latest fit and its events, until its end if it has ended; there is none before the first.
func (b *broker) run() (fitID string, events []api.Envelope) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, env := range b.latest.events {
		switch e := env.Event.(type) {
		case api.FitStartedEvent:
			fitID = e.FitID
		case api.FitCommittedEvent, api.FitFailedEvent, api.FitCancelledEvent:
			return fitID, slices.Clone(b.latest.events[:i+1])
		}
	}
	if fitID == "" {
		return "", nil
	}
	return fitID, slices.Clone(b.latest.events)
}

// keepEvents takes the events of a fit that has ended, before the next one begins. What it returns keeps them, when nobody waits for
// it: neither a full disk nor a slow one is the fit's business.
func (s *Server) keepEvents(c *job) (keep func()) {
	id, events := s.broker.run()
	if !s.records(c) || id != c.fitID {
		return func() {}
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), recordWithin)
		defer cancel()
		if err := s.setup.Models.RecordEvents(ctx, id, eventLines(events, mostEventBytes)); err != nil {
			s.Log.Warn("the events of a fit could not be kept", "run", id, "error", err)
		}
	}
}

// eventLines are events as lines of JSON. If they have more bytes than most, every other step is left out, again and again, but the
// first and the last.
func eventLines(events []api.Envelope, most int) []byte {
	var lines [][]byte
	var steps []int // the lines that are steps
	size := 0
	for _, env := range events {
		line, err := json.Marshal(env)
		if err != nil {
			continue // a number in it is not finite, which no listener was told either
		}
		if _, step := env.Event.(api.StepEvent); step {
			steps = append(steps, len(lines))
		}
		lines = append(lines, append(line, '\n'))
		size += len(line) + 1
	}
	for size > most && len(steps) > 2 {
		var stay []int
		for i, at := range steps {
			if i%2 == 0 || i == len(steps)-1 {
				stay = append(stay, at)
				continue
			}
			size -= len(lines[at])
			lines[at] = nil
		}
		steps = stay
	}
	return bytes.Join(lines, nil)
}

// mountRunEvents registers the events of a recorded fit.
func (s *Server) mountRunEvents() {
	op := rest.Fails(huma.Operation{
		Method: http.MethodGet, Path: api.PathRuns + "/{id}/events", Summary: "The events of a fit", Tags: []string{"models"},
		Description: "As lines of JSON: the number of each event, its time, its kind, and the event itself as " + api.PathFitEvents + " has it. Of a long fit not " +
			"every step is there, but the first and the last are. Of the fit that is running these are the events so far.",
		Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
			eventMedia: {
				Schema: &huma.Schema{Type: huma.TypeString},
				Example: `{"seq":1,"time":"2026-11-29T12:00:00Z","kind":"fit_started",` +
					`"event":{"fit_id":"20261129T120000.000-00c0ffee","workers":["w1"],"kind":"aggregation"}}`,
			},
		}}},
	}, storedCodes...)
	rest.Register(s.API, op, s.runEvents)
}

// eventMedia is the content type of lines of JSON.
const eventMedia = "application/x-ndjson"

// runEvents answers with the events of the latest fit from memory, and with those of others from the store.
func (s *Server) runEvents(ctx context.Context, in *runInput) (*fileOutput, error) {
	latest, events := s.broker.run()
	id := in.ID
	if id != latest || latest == "" {
		store, err := s.kept()
		if err == nil {
			if id, err = store.FindRun(ctx, in.ID); err != nil {
				err = storeProblem(err)
			}
		} else if latest != "" && in.ID == models.Latest {
			id, err = latest, nil
		}
		if err != nil {
			return nil, err
		}
		if id != latest {
			return s.storedEvents(ctx, store, id)
		}
	}
	return &fileOutput{func(h huma.Context) {
		h.SetHeader("Content-Type", eventMedia)
		_, _ = h.BodyWriter().Write(eventLines(events, mostEventBytes)) // a client that has left misses nothing
	}}, nil
}

func (s *Server) storedEvents(ctx context.Context, store *models.Store, id string) (*fileOutput, error) {
	r, err := store.Events(ctx, id)
	if errors.As(err, new(*models.NoEventsError)) {
		return nil, api.NewProblem(api.CodeNotFound, Sentence(err))
	}
	if err != nil {
		return nil, storeProblem(err)
	}
	return &fileOutput{func(h huma.Context) {
		h.SetHeader("Content-Type", eventMedia)
		_, err := io.Copy(h.BodyWriter(), r)
		if err = errors.Join(err, r.Close()); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "the events of a fit could not be sent", "run", id, "error", err)
			panic(http.ErrAbortHandler) // so that the caller does not take a part for the whole
		}
	}}, nil
}
