package learner_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// label predicts each row's first value as its class.
type label struct{ err error }

func (label) Fit(context.Context, learner.Dataset) error { return nil }

func (l label) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	return mat.Col(nil, 0, x), l.err
}

// sure is a label that knows a probability too.
type sure struct{ label }

func (sure) PredictProba(_ context.Context, x *mat.Dense) (*mat.Dense, error) {
	return mat.NewDense(1, 2, []float64{0.25, 0.75}), nil
}

func TestProbabilities(t *testing.T) {
	x := mat.NewDense(2, 1, []float64{1, 0})
	votes, err := learner.Probabilities(t.Context(), label{}, x, 2)
	if err != nil || !mat.Equal(votes, mat.NewDense(2, 2, []float64{0, 1, 1, 0})) {
		t.Errorf("a learner without probabilities: %v, %v", votes, err)
	}
	known, err := learner.Probabilities(t.Context(), sure{}, x, 2)
	if err != nil || known.At(0, 1) != 0.75 {
		t.Errorf("a classifier: %v, %v", known, err)
	}
	if _, err := learner.Probabilities(t.Context(), label{err: learner.ErrNotFitted}, x, 2); !errors.Is(err, learner.ErrNotFitted) {
		t.Errorf("an unfitted learner: %v", err)
	}
	if _, err := learner.Probabilities(t.Context(), label{}, x, 1); err == nil {
		t.Error("class 1 of one class: no error")
	}
}
