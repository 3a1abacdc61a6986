package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// mostRuns is how many records of fits are kept whose models are gone, the newest.
const mostRuns = 1000

// Runs are the records of all fits, the newest first, with the scores of the models that are still there. Those that cannot
// be used are in the joined error, beside the others.
func (s *Store) Runs(ctx context.Context) ([]Run, error) {
	objects, err := s.bucket.List(ctx, runsFolder+"/")
	if err != nil {
		return nil, err
	}
	var all []Run
	var damaged []error
	for _, o := range objects {
		id, ok := strings.CutSuffix(strings.TrimPrefix(o.Name, runsFolder+"/"), ".json")
		if !ok || CheckID(id) != nil {
			continue
		}
		r, err := s.Run(ctx, id)
		if errors.As(err, new(*NotFoundError)) {
			continue // it was removed meanwhile
		}
		if err != nil {
			damaged = append(damaged, err)
			continue
		}
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b Run) int { return cmp.Or(b.Started.Compare(a.Started), strings.Compare(b.ID, a.ID)) })
	return all, errors.Join(damaged...)
}

// Run is the record of one fit, with the scores of its model.
func (s *Store) Run(ctx context.Context, id string) (*Run, error) {
	if CheckID(id) != nil {
		return nil, &NotFoundError{id}
	}
	var r Run
	err := s.read(ctx, runOf(id), func(text []byte) error {
		if err := unseal(text, &r); err != nil {
			return err
		}
		if r.ID != id {
			return fmt.Errorf("it is the record of %q", r.ID)
		}
		return r.Check()
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotFoundError{id}
	}
	if err != nil {
		return nil, err
	}
	attached, err := s.Scores(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(attached) > 0 {
		r.Scores = attached
	}
	return &r, nil
}

// Record keeps the record of a fit.
func (s *Store) Record(ctx context.Context, r Run) error {
	if err := r.Check(); err != nil {
		return fmt.Errorf("the record of the fit %q cannot be stored: %w", r.ID, err)
	}
	return s.write(ctx, runOf(r.ID), r)
}

func runOf(id string) string { return path.Join(runsFolder, id+".json") }
