package models

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Keep says which models stay: the newest so many if Newest is positive, else those that are younger than Age.
type Keep struct {
	Newest int
	Age    time.Duration
}

// Prune removes the models that keep does not name, but never the one in service, nor those of the fits in serving. If it
// cannot be read which one is in service, nothing is removed. Damaged models are neither counted nor removed, so that
// whoever can mend them may; the error does not name them. Scores go with their model, after they have been written into
// the record of its fit; records without a model are bounded too.
func (s *Store) Prune(ctx context.Context, keep Keep, serving ...string) error {
	if err := s.mayWrite(); err != nil {
		return err
	}
	current, err := s.Serving(ctx)
	if err != nil {
		return err
	}
	all, err := s.List(ctx)
	if all == nil && err != nil {
		return err
	}
	now := s.now()
	there := map[string]bool{}
	var problems []error
	for i, m := range all {
		old := keep.Age > 0 && now.Sub(m.Created) > keep.Age
		if keep.Newest > 0 {
			old = i >= keep.Newest
		}
		if !old || m.ID == current || slices.Contains(serving, m.ID) {
			there[m.ID] = true
			continue
		}
		if err := errors.Join(s.rememberScores(ctx, m.ID), s.Remove(ctx, m.ID)); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(append(problems, s.pruneRuns(ctx, there))...)
}

// rememberScores writes a model's scores into the record of its fit. Scores or a record that cannot be used are left.
func (s *Store) rememberScores(ctx context.Context, id string) error {
	r, err := s.Run(ctx, id)
	if err != nil || len(r.Scores) == 0 {
		return ctx.Err()
	}
	return s.Record(ctx, *r)
}

// pruneRuns removes the oldest records of fits whose models are not there, and events without a record.
func (s *Store) pruneRuns(ctx context.Context, there map[string]bool) error {
	objects, err := s.bucket.List(ctx, runsFolder+"/")
	if err != nil {
		return err
	}
	stays := map[string]bool{}
	var records, events []Object
	for _, o := range objects {
		switch id, record := runOfObject(o.Name); {
		case id == "": // nobody else's files are touched
		case !record:
			events = append(events, o)
		case there[id]:
			stays[id] = true
		default:
			records = append(records, o)
		}
	}
	slices.SortStableFunc(records, func(a, b Object) int { return b.Modified.Compare(a.Modified) })
	newest := min(len(records), mostRuns)
	for _, o := range records[:newest] {
		id, _ := runOfObject(o.Name)
		stays[id] = true
	}
	var problems []error
	for _, o := range records[newest:] {
		problems = append(problems, s.bucket.Remove(ctx, o.Name))
	}
	for _, o := range events {
		if id, _ := runOfObject(o.Name); !stays[id] {
			problems = append(problems, s.bucket.Remove(ctx, o.Name))
		}
	}
	return errors.Join(problems...)
}

// Sweep removes what was stored of models that have no manifest, since their fits were interrupted, but for those of the fits in
// except, which go on.
func (s *Store) Sweep(ctx context.Context, except ...string) error {
	if err := s.mayWrite(); err != nil {
		return err
	}
	objects, err := s.bucket.List(ctx, "")
	if err != nil {
		return err
	}
	whole := map[string]bool{}
	for _, id := range except {
		whole[id] = true
	}
	for _, o := range objects {
		if id, file, _ := strings.Cut(o.Name, "/"); file == manifestName {
			whole[id] = true
		}
	}
	var problems []error
	for _, o := range objects {
		id, file, below := strings.Cut(o.Name, "/")
		ours := strings.HasPrefix(file, partsFolder+"/") || file == scoresName // nobody else's files are touched
		if below && ours && !whole[id] && CheckID(id) == nil {
			problems = append(problems, s.bucket.Remove(ctx, o.Name))
		}
	}
	return errors.Join(problems...)
}
