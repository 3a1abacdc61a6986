package learner

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner/numeric"
)

// Probabilities asks a fitted learner of classification for rows x classes
// probabilities. A Classifier knows them; for any other learner the class that
// it predicts counts as certain, so it votes.
func Probabilities(ctx context.Context, m Estimator, x *mat.Dense, classes int) (*mat.Dense, error) {
	if c, ok := m.(Classifier); ok {
		return c.PredictProba(ctx, x)
	}
	predicted, err := m.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	return numeric.Votes(predicted, classes)
}
