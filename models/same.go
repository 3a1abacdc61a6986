package models

import (
	"bytes"
	"context"
	"errors"
)

// Same reports whether the store has this model, and not another one of the same ID.
func (s *Store) Same(ctx context.Context, m *Manifest) (bool, error) {
	have, err := s.Get(ctx, m.ID)
	if err != nil {
		return false, err
	}
	was, err := have.Encode()
	if err != nil {
		return false, err
	}
	is, err := m.Encode()
	return bytes.Equal(was, is), err
}

// Forget removes a model. Its scores are written into the record of its fit before, if there is one.
func (s *Store) Forget(ctx context.Context, id string) error {
	return errors.Join(s.rememberScores(ctx, id), s.Remove(ctx, id))
}
