//go:build cgo

package forest_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/forest"
	"github.com/gochimera/chimera/learner/learnertest"
)

func TestConformance(t *testing.T) {
	learnertest.Run(t, "golearn-forest-classifier", learnertest.WithParams(`{"n_estimators": 20}`))
}

// It draws from the global generator, so the bounds leave room: 34 to 37 of 38
// and 43 to 44 of 45 rows were seen in 40 runs each.
func TestScore(t *testing.T) {
	for set, least := range map[string]int{"iris": 31, "wine": 40} {
		t.Run(set, func(t *testing.T) {
			train, test := testdata.Load(t, set)
			m, err := forest.New(forest.Params{NEstimators: 100}, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(context.Background(), train); err != nil {
				t.Fatal(err)
			}
			predicted, err := m.Predict(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			right := 0
			for i, class := range predicted {
				if class == test.Y[i] {
					right++
				}
			}
			if right < least {
				t.Errorf("%d of %d rows are right, want at least %d", right, test.Len(), least)
			}
		})
	}
}

func TestMaxFeatures(t *testing.T) {
	d := learner.Dataset{Schema: learner.Schema{Classes: []learner.Label{"a", "b"}}, X: mat.NewDense(4, 2, []float64{0, 1, 0, 2, 1, 3, 1, 4}),
		Y: []float64{0, 0, 1, 1}}
	for drawn, ok := range map[int]bool{0: true, 1: true, 2: true, 3: false} {
		m, err := forest.New(forest.Params{NEstimators: 5, MaxFeatures: drawn}, learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		err = m.Fit(context.Background(), d)
		var data *learner.DataError
		if ok && err != nil || !ok && !errors.As(err, &data) {
			t.Errorf("max_features %d of 2: error %v", drawn, err)
		}
	}
}
