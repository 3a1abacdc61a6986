package mlp_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/registry"
)

// standardise brings the columns of the training part to mean 0 and variance
// 1, and does the same to the test part.
func standardise(train, test learner.Dataset) {
	rows, cols := train.X.Dims()
	column := make([]float64, rows)
	for j := range cols {
		for i := range column {
			column[i] = train.X.At(i, j)
		}
		mean, deviation := stat.PopMeanStdDev(column, nil)
		if deviation == 0 {
			deviation = 1
		}
		for _, d := range []learner.Dataset{train, test} {
			for i := range d.Len() {
				d.X.Set(i, j, (d.X.At(i, j)-mean)/deviation)
			}
		}
	}
}

// TestScores: on fixed splits the mean over seeds is scikit-learn's, within
// three standard errors of the difference. Its figures are those of 20 seeds of
// MLPClassifier and MLPRegressor 1.2.1 (64, 32) with max_iter 500.
func TestScores(t *testing.T) {
	for _, tc := range []struct {
		set, learner    string
		mean, deviation float64
		slow            bool
	}{
		{"iris", "mlp-classifier", 0.9737, 0, false},
		{"wine", "mlp-classifier", 0.9989, 0.0050, false},
		{"breast_cancer", "mlp-classifier", 0.9671, 0.0129, true},
		{"diabetes", "mlp-regressor", 0.3047, 0.0107, true},
		{"digits", "mlp-classifier", 0.9763, 0.0047, true},
	} {
		t.Run(tc.set, func(t *testing.T) {
			if tc.slow && (testing.Short() || repeat.UnderRace()) {
				t.Skip("several fits take seconds, and the race detector sees as much in the smaller sets")
			}
			t.Parallel()
			train, test := testdata.Load(t, tc.set)
			standardise(train, test)
			seeds := repeat.Times(5, 3)
			scores := make([]float64, seeds)
			for seed := range scores {
				m, err := registry.New(tc.learner, []byte(`{"hidden_layer_sizes": [64, 32], "max_iter": 500}`), learner.Env{Seed: uint64(seed), Procs: 1})
				if err != nil {
					t.Fatal(err)
				}
				if err := m.Fit(t.Context(), train); err != nil {
					t.Fatal(err)
				}
				predicted, err := m.Predict(t.Context(), test.X)
				if err != nil {
					t.Fatal(err)
				}
				if train.Classes != nil {
					scores[seed] = metrics.Accuracy(test.Y, predicted, nil)
				} else {
					scores[seed] = metrics.R2(test.Y, predicted, nil)
				}
			}
			mean, deviation := stat.MeanStdDev(scores, nil)
			apart := 3*math.Sqrt((deviation*deviation+tc.deviation*tc.deviation)/float64(seeds)) + 5e-5 // the figures have four digits
			t.Logf("mean %.4f, sd %.4f; scikit-learn %.4f, sd %.4f", mean, deviation, tc.mean, tc.deviation)
			if math.Abs(mean-tc.mean) > apart {
				t.Errorf("mean %.4f, want %.4f +- %.4f", mean, tc.mean, apart)
			}
		})
	}
}
