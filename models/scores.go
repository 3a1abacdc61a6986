package models

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// mostScores is how many scores of a model are kept, the newest.
const mostScores = 100

// scores is the content of scores.json.
type scores struct {
	ID     string  `json:"id"` // of the fit
	Scores []Score `json:"scores"`
}

// Scores are what was attached to a model, the oldest first.
func (s *Store) Scores(ctx context.Context, id string) ([]Score, error) {
	if CheckID(id) != nil {
		return nil, &NotFoundError{id}
	}
	var at scores
	err := s.read(ctx, path.Join(id, scoresName), func(text []byte) error {
		if err := unseal(text, &at); err != nil {
			return err
		}
		if at.ID != id {
			return fmt.Errorf("it has the scores of %q", at.ID)
		}
		return checkScores(at.Scores)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return at.Scores, nil
}

// Attach adds a score to a stored model, and drops the oldest if there are too many. A damaged list is an error, and
// stays. Scores are attached one at a time.
func (s *Store) Attach(ctx context.Context, id string, score Score) error {
	if err := checkScores([]Score{score}); err != nil {
		return fmt.Errorf("the score cannot be attached to %s: %w", id, err)
	}
	s.attaching.Lock()
	defer s.attaching.Unlock()
	if _, err := s.Get(ctx, id); err != nil {
		return err
	}
	all, err := s.Scores(ctx, id)
	if err != nil {
		return err
	}
	all = append(all, score)
	return s.write(ctx, path.Join(id, scoresName), scores{id, all[max(0, len(all)-mostScores):]})
}
