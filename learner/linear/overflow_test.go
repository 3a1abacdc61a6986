package linear_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Cells that are finite, but so large that a score is not, are an error that names the row: neither a
// number that is none nor a class that no score is for.
func TestScoresThatOverflow(t *testing.T) {
	for _, tt := range []struct {
		name, params string
		classes      int
	}{
		{"linear-regression", `{}`, 0},
		{"ridge", `{"alpha": 1e-9}`, 0},
		{"elastic-net", `{"alpha": 1e-9}`, 0},
		{"logistic-regression", `{"C": 1e6}`, 2},
		{"logistic-regression", `{"C": 1e6}`, 3},
		{"linear-svc", `{"C": 1e6}`, 2},
		{"linear-svc", `{"C": 1e6}`, 3},
	} {
		t.Run(fmt.Sprintf("%s/%d classes", tt.name, tt.classes), func(t *testing.T) {
			d := random(3, 60, 2, constant(0.01), constant(0)) // small, so that the functions are steep
			if tt.classes > 0 {
				d = labelled(d, tt.classes)
			}
			m, err := registry.New(tt.name, json.RawMessage(tt.params), learner.Env{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(context.Background(), d); err != nil {
				t.Fatal(err)
			}
			for _, sign := range []float64{1, -1} {
				x := mat.NewDense(2, 2, []float64{1, 1, sign * 1.7e308, sign * 1.7e308})
				_, err := m.Predict(context.Background(), x)
				wantRow(t, "Predict", err)
				if c, ok := m.(learner.Classifier); ok {
					_, err := c.PredictProba(context.Background(), x)
					wantRow(t, "PredictProba", err)
				}
			}
		})
	}
}

func wantRow(t *testing.T, what string, err error) {
	t.Helper()
	var of *learner.DataError
	if !errors.As(err, &of) || of.Row != 1 {
		t.Errorf("%s: got error %v, want one that names row 1", what, err)
	}
}
