package worker

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// probabilities are a learner's class probabilities, rows x classes; if the learner has none, its
// label counts as certain.
func probabilities(ctx context.Context, est learner.Estimator, classes int, x *mat.Dense) (*mat.Dense, error) {
	if c, ok := est.(learner.Classifier); ok {
		return c.PredictProba(ctx, x)
	}
	y, err := est.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	proba := mat.NewDense(len(y), classes, nil)
	for i, k := range y {
		proba.Set(i, int(k), 1)
	}
	return proba, nil
}
