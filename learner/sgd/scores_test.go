package sgd_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
)

// scoreOf is R2 or the accuracy on the test part of a set.
func scoreOf(t *testing.T, set, params string, seed uint64) float64 {
	t.Helper()
	train, test := testdata.Load(t, set)
	m := fitted(t, learnerOf(train), params, learner.Env{Seed: seed}, train)
	predicted, err := m.Predict(context.Background(), test.X)
	if err != nil {
		t.Fatal(err)
	}
	var mean, residual, total, right float64
	for _, y := range test.Y {
		mean += y / float64(len(test.Y))
	}
	for i, y := range test.Y {
		residual += (y - predicted[i]) * (y - predicted[i])
		total += (y - mean) * (y - mean)
		if predicted[i] == y {
			right++
		}
	}
	if train.Classes == nil {
		return 1 - residual/total
	}
	return right / float64(len(test.Y))
}

// scikit-learn's LinearRegression, and its LogisticRegression (C = 1) on
// standardised columns, have the same minimum as an alpha of 0 and of 1 / rows.
func TestScoresAtTheMinimum(t *testing.T) {
	for _, tc := range []struct {
		set           string
		alpha         float64
		eta0          float64
		steps         int
		sklearn, near float64
	}{
		{"diabetes", 0, 0.2, 10000, 0.3594, 0.0001},
		{"iris", 1. / 112, 1, 2000, 0.9737, 0.0001},
		{"wine", 1. / 133, 1, 1000, 1, 0.0001},
		{"breast_cancer", 1. / 426, 0.5, 2000, 0.9580, 0.0001},
		{"digits", 1. / 1347, 0.5, 1000, 0.9667, 0.0023}, // one of 450 rows
	} {
		t.Run(tc.set, func(t *testing.T) {
			if repeat.UnderRace() && tc.set == "digits" {
				t.Skip("the race detector sees as much in the smaller sets")
			}
			score := scoreOf(t, tc.set, fmt.Sprintf(`{"alpha": %v, "batch_size": 2000, "learning_rate": "constant", "eta0": %v, "tol": 0, "max_iter": %d}`,
				tc.alpha, tc.eta0, tc.steps), 0)
			t.Logf("%.4f, scikit-learn %.4f", score, tc.sklearn)
			if math.Abs(score-tc.sklearn) > tc.near {
				t.Errorf("score %.4f, want %.4f", score, tc.sklearn)
			}
		})
	}
}

// What the defaults give, over 20 seeds, beside the same peers.
func TestScoresOfDefaults(t *testing.T) {
	for set, sklearn := range map[string]float64{"diabetes": 0.3594, "iris": 0.9737, "wine": 1, "breast_cancer": 0.9580, "digits": 0.9667} {
		t.Run(set, func(t *testing.T) {
			if repeat.UnderRace() && set == "digits" {
				t.Skip("the race detector sees as much in the smaller sets")
			}
			var mean float64
			for seed := range uint64(20) {
				mean += scoreOf(t, set, `{}`, seed) / 20
			}
			t.Logf("mean %.4f, scikit-learn %.4f", mean, sklearn)
			if mean < sklearn-0.005 {
				t.Errorf("mean score %.4f, want at least %.4f", mean, sklearn-0.005)
			}
		})
	}
}
