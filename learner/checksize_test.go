package learner_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

func TestCheckSize(t *testing.T) {
	d := learner.Dataset{Schema: learner.Schema{Features: []string{"a", "b"}}, X: mat.NewDense(2, 2, []float64{1, -8, 9, 2}), Weights: []float64{1, 4}}
	if err := learner.CheckSize(t.Context(), d, 9, 4); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		largest, heaviest float64
		row, column       int
		name              string
	}{{7, 4, 0, 1, "b"}, {8, 4, 1, 0, "a"}, {9, 3, 1, -1, "weight"}} {
		var bad *learner.DataError
		err := learner.CheckSize(t.Context(), d, c.largest, c.heaviest)
		if !errors.As(err, &bad) || bad.Row != c.row || bad.Column != c.column || bad.Name != c.name {
			t.Errorf("%+v: %v", c, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	wide := learner.Dataset{X: mat.NewDense(1<<10, 1<<10, nil)}
	if err := learner.CheckSize(ended, wide, 1, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
