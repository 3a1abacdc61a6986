package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/api"
)

// steady predicts for copies of some rows, all by one model and the same members: the answers are compared, and must differ by the rows alone.
type steady struct {
	cluster *Cluster
	ops     Operations
	first   *Prediction // nil before the first
}

// movedError says that another model or other members have answered than before.
type movedError struct{ reason string }

// Error is the reason.
func (e *movedError) Error() string { return e.reason }

func (s *steady) predict(ctx context.Context, rows Rows) (*Prediction, error) {
	p, err := s.cluster.predicting(ctx, s.ops, rows)
	switch {
	case err != nil:
		return nil, err
	case s.first == nil:
		s.first = p
	case p.Model.FitID != s.first.Model.FitID:
		return nil, &movedError{fmt.Sprintf("fit %s was put into service in place of %s", p.Model.FitID, s.first.Model.FitID)}
	case !slices.Equal(p.Members, s.first.Members):
		return nil, &movedError{fmt.Sprintf("the workers %v answered, and before them %v", nameAll(p.Members), nameAll(s.first.Members))}
	}
	return p, nil
}

func nameAll(members []*Member) []string {
	var list []string
	for _, m := range members {
		list = append(list, m.Name)
	}
	return list
}

// mostMoves is how often an explanation starts again because who answers has changed.
const mostMoves = 3

// steadily works something out of many predictions, and starts again if who answers changes meanwhile.
func steadily[A any](ctx context.Context, c *Cluster, o Operations, work func(s *steady) (A, error)) (a A, err error) {
	var moved *movedError
	for range mostMoves {
		a, err = work(&steady{cluster: c, ops: o})
		if !errors.As(err, &moved) || ctx.Err() != nil {
			return a, err
		}
		c.Log.InfoContext(ctx, "an explanation starts again", "reason", moved.reason)
	}
	return a, api.Problemf(api.CodeStarting, "Who answers changed %d times while the explanation was worked out; the last time, %s. "+
		"Ask again when no fit runs and the workers stay.", mostMoves, moved.reason)
}

// mostPredicted bounds the rows that are predicted for one explanation.
const mostPredicted = 10_000_000

// bounded refuses an explanation that would take too many predictions.
func bounded(rows, predictions int, lower string) error {
	if predictions == 0 || rows <= mostPredicted/predictions {
		return nil
	}
	return api.Problemf(api.CodeInvalidRequest, "%d predictions for %d rows each are needed, and one request may take %d rows in all. "+
		"Send at most %d rows, drawn at random, or %s.", predictions, rows, mostPredicted, max(mostPredicted/predictions, 1), lower)
}
