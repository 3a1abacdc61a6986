package mlp_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// TestLogLoss: after 60 epochs, far from settled, the mean over seeds of the last epoch's loss and of the test rows' log loss is
// scikit-learn's, within three standard errors of the difference: so the networks begin alike and go as fast. Its figures are those of
// 20 seeds of MLPClassifier((64, 32), activation, max_iter=60) 1.2.1 on the same split: loss_, and sklearn.metrics.log_loss.
func TestLogLoss(t *testing.T) {
	for _, tc := range []struct {
		set, activation string
		standardised    bool
		train, test     figure
		slow            bool
	}{
		{"iris", "relu", false, figure{0.51973, 0.11852}, figure{0.57147, 0.12136}, false},
		{"iris", "logistic", false, figure{0.99110, 0.05548}, figure{1.02265, 0.05386}, false},
		{"breast_cancer", "relu", true, figure{0.04325, 0.00367}, figure{0.08067, 0.01739}, false},
		{"breast_cancer", "relu", false, figure{0.24347, 0.03999}, figure{0.27456, 0.06470}, false},
		{"digits", "relu", true, figure{0.01535, 0.00096}, figure{0.13706, 0.02724}, true},
		{"digits", "logistic", true, figure{0.39573, 0.02014}, figure{0.43960, 0.02018}, true},
		{"digits", "relu", false, figure{0.01539, 0.00433}, figure{0.11854, 0.01489}, true},
	} {
		t.Run(fmt.Sprint(tc.set, " ", tc.activation, " standardised ", tc.standardised), func(t *testing.T) {
			if tc.slow && testing.Short() {
				t.Skip("several fits take seconds")
			}
			t.Parallel()
			train, test := testdata.Load(t, tc.set)
			if tc.standardised {
				standardise(train, test)
			}
			seeds := repeat.Times(10, 3)
			if tc.slow {
				seeds = repeat.Times(10, 1)
			}
			ended, asked := make([]float64, seeds), make([]float64, seeds)
			for seed := range ended {
				m, err := registry.New("mlp-classifier", fmt.Appendf(nil, `{"hidden_layer_sizes": [64, 32], "activation": %q, "max_iter": 60}`, tc.activation),
					learner.Env{Seed: uint64(seed), Procs: 1})
				if err != nil {
					t.Fatal(err)
				}
				if err := m.Fit(t.Context(), train); err != nil {
					t.Fatal(err)
				}
				losses := curve(m)
				ended[seed] = losses[len(losses)-1]
				proba, err := m.(learner.Classifier).PredictProba(t.Context(), test.X)
				if err != nil {
					t.Fatal(err)
				}
				for i, y := range test.Y {
					asked[seed] -= math.Log(max(proba.At(i, int(y)), 1e-15)) / float64(test.Len())
				}
			}
			tc.train.check(t, "the last epoch's loss", ended)
			tc.test.check(t, "the test rows' log loss", asked)
		})
	}
}

// figure is scikit-learn's mean over 20 seeds, and their standard deviation.
type figure struct{ mean, deviation float64 }

func (f figure) check(t *testing.T, what string, got []float64) {
	t.Helper()
	mean := stat.Mean(got, nil)
	apart := 3 * f.deviation * math.Sqrt(1/float64(len(got))+1./20) // networks that are alike scatter alike
	t.Logf("%s: mean %.5f of %d seeds; scikit-learn %.5f, sd %.5f", what, mean, len(got), f.mean, f.deviation)
	if math.Abs(mean-f.mean) > apart {
		t.Errorf("%s: mean %.5f, want %.5f +- %.5f", what, mean, f.mean, apart)
	}
}
