package learnertest

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// TestPromisesCanBeKept: what traits and options ask for instead of what they
// lift can be done, and is all that they ask for.
func TestPromisesCanBeKept(t *testing.T) {
	// guarded is the honest learner behind a look at every value of X, which
	// may refuse or replace it.
	guarded := func(look func(v float64) (float64, bool)) hooks {
		pass := func(x *mat.Dense) (*mat.Dense, error) {
			if x == nil || x.IsEmpty() {
				return x, nil
			}
			x = mat.DenseCopyOf(x)
			good := true
			x.Apply(func(_, _ int, v float64) float64 {
				v, ok := look(v)
				good = good && ok
				return v
			}, x)
			if !good {
				return nil, &learner.DataError{Row: -1, Column: -1, Reason: "a value that this learner cannot use"}
			}
			return x, nil
		}
		return hooks{
			fit: func(m model, c ctx, d data) error {
				x, err := pass(d.X)
				if err != nil {
					return err
				}
				d.X = x
				return m.Fit(c, d)
			},
			predict: func(m model, x *mat.Dense) ([]float64, error) {
				if !m.fitted {
					return nil, learner.ErrNotFitted
				}
				x, err := pass(x)
				if err != nil {
					return nil, err
				}
				return m.Predict(background, x)
			},
			proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
				if !m.fitted {
					return nil, learner.ErrNotFitted
				}
				x, err := pass(x)
				if err != nil {
					return nil, err
				}
				return m.PredictProba(background, x)
			},
		}
	}
	for _, tc := range []struct {
		name    string
		traits  learner.Traits
		options []Option
		hooks   hooks
	}{
		{"refuses negative values", learner.Traits{}, []Option{NonNegative()}, guarded(func(v float64) (float64, bool) { return v, !(v < 0) })},
		{"takes missing values for 0", learner.Traits{AllowsMissing: true}, nil, guarded(func(v float64) (float64, bool) {
			if math.IsNaN(v) {
				return 0, true
			}
			return v, true
		})},
		{"refuses fractional weights", learner.Traits{WholeWeights: true}, nil, hooks{fit: func(m model, c ctx, d data) error {
			for i := range d.Weights {
				if d.Weights[i] != math.Trunc(d.Weights[i]) {
					return &learner.DataError{Row: i, Column: -1, Name: "weight", Reason: "not a whole number"}
				}
			}
			return m.Fit(c, d)
		}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := saboteurRegistry(tc.traits, func(learner.Env) hooks { return tc.hooks })
			Run(t, "saboteur", append(tc.options, WithRegistry(r), WithRows(60))...)
		})
	}
}
