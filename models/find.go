package models

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gochimera/chimera/internal/suggest"
)

// Words that stand for a model where an ID is asked for.
const (
	Latest     = "latest"  // the newest model, or fit
	InService  = "serving" // the model in service
	listedNear = 5         // IDs that an error names at most
)

// UnknownError reports that a word stands for no model, or for no fit, or for several.
type UnknownError struct {
	What string // "stored model" or "recorded fit"
	Word string
	IDs  []string // those that it may stand for, or that are nearest to it
	Many int      // of how many IDs it is the beginning; 0 if of none
	None bool     // there is nothing that it could stand for
}

// Error says what the word may stand for.
func (e *UnknownError) Error() string {
	switch {
	case e.Many > 0:
		more := ""
		if e.Many > len(e.IDs) {
			more = fmt.Sprintf(" and %d more", e.Many-len(e.IDs))
		}
		return fmt.Sprintf("%q is the beginning of the IDs of %d %ss: %s%s; say more of it", e.Word, e.Many, e.What, strings.Join(e.IDs, ", "), more)
	case e.None:
		return fmt.Sprintf("there is no %s %q, and no other", e.What, e.Word)
	case e.Word == InService:
		return fmt.Sprintf("no %s is in service; there are %s", e.What, strings.Join(e.IDs, ", "))
	default:
		return fmt.Sprintf("there is no %s %q; the nearest IDs are %s", e.What, e.Word, strings.Join(e.IDs, ", "))
	}
}

// Find is the ID of the model that a word stands for: an ID, the beginning of one ID and of no other, Latest or InService.
// The error is an *UnknownError if there is no such model.
func (s *Store) Find(ctx context.Context, word string) (id string, err error) {
	ids, err := s.modelIDs(ctx)
	if err != nil {
		return "", err
	}
	switch word {
	case InService:
		if id, err = s.Serving(ctx); err != nil || slices.Contains(ids, id) {
			return id, err
		}
		return "", newUnknown("stored model", word, ids)
	case Latest:
		all, damaged := s.List(ctx)
		if len(all) > 0 {
			return all[0].ID, nil
		}
		if damaged != nil {
			return "", damaged
		}
	}
	return pick("stored model", word, ids)
}

// FindRun is the ID of the fit that a word stands for: that of a recorded fit, as in Find. Latest is the one that began last.
func (s *Store) FindRun(ctx context.Context, word string) (id string, err error) {
	ids, err := s.runIDs(ctx)
	if err != nil {
		return "", err
	}
	switch word {
	case InService:
		if id, err = s.Serving(ctx); err != nil || slices.Contains(ids, id) {
			return id, err
		}
		return "", newUnknown("recorded fit", word, ids)
	case Latest:
		all, damaged := s.Runs(ctx)
		if len(all) > 0 {
			return all[0].ID, nil
		}
		if damaged != nil {
			return "", damaged
		}
	}
	return pick("recorded fit", word, ids)
}

// pick is the ID that begins with a word.
func pick(what, word string, ids []string) (string, error) {
	if slices.Contains(ids, word) {
		return word, nil
	}
	var begin []string
	for _, id := range ids {
		if word != "" && strings.HasPrefix(id, word) {
			begin = append(begin, id)
		}
	}
	switch len(begin) {
	case 0:
		return "", newUnknown(what, word, ids)
	case 1:
		return begin[0], nil
	default:
		return "", &UnknownError{What: what, Word: word, IDs: begin[:min(listedNear, len(begin))], Many: len(begin)}
	}
}

// newUnknown names the nearest IDs, or the newest, since IDs begin with their time.
func newUnknown(what, word string, ids []string) *UnknownError {
	e := &UnknownError{What: what, Word: word, IDs: suggest.Closest(word, ids), None: len(ids) == 0}
	if len(e.IDs) == 0 {
		e.IDs = slices.Clone(ids[max(0, len(ids)-listedNear):])
		slices.Reverse(e.IDs)
	}
	return e
}

// modelIDs are the IDs of all models, sorted.
func (s *Store) modelIDs(ctx context.Context) ([]string, error) {
	objects, err := s.bucket.List(ctx, "")
	var ids []string
	for _, o := range objects {
		dir, file := path.Split(o.Name)
		if id := strings.TrimSuffix(dir, "/"); file == manifestName && CheckID(id) == nil {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// runIDs are the IDs of all recorded fits, sorted.
func (s *Store) runIDs(ctx context.Context) ([]string, error) {
	objects, err := s.bucket.List(ctx, runsFolder+"/")
	var ids []string
	for _, o := range objects {
		if id, is := strings.CutSuffix(strings.TrimPrefix(o.Name, runsFolder+"/"), ".json"); is && CheckID(id) == nil {
			ids = append(ids, id)
		}
	}
	return ids, err
}
