package sgd_test

import (
	"testing"

	"github.com/gochimera/chimera/learner/learnertest"
	_ "github.com/gochimera/chimera/learner/sgd"
)

func TestConformance(t *testing.T) {
	for _, tc := range []struct{ name, learner, params string }{
		{"regressor", "sgd-regressor", `{}`},
		{"regressor, huber, elasticnet, no intercept", "sgd-regressor",
			`{"loss": "huber", "epsilon": 1.35, "penalty": "elasticnet", "fit_intercept": false, "learning_rate": "constant", "eta0": 0.1}`},
		{"regressor, epsilon-insensitive, early stopping", "sgd-regressor",
			`{"loss": "epsilon_insensitive", "penalty": "l1", "early_stopping": true, "eta0": 0.3, "power_t": 0.5}`},
		{"regressor, squared epsilon-insensitive, one row per step", "sgd-regressor",
			`{"loss": "squared_epsilon_insensitive", "batch_size": 1, "shuffle": false, "average": true, "standardize": false}`},
		{"classifier", "sgd-classifier", `{}`},
		{"classifier, hinge, balanced", "sgd-classifier", `{"loss": "hinge", "learning_rate": "optimal", "class_weight": "balanced"}`},
		{"classifier, modified huber, early stopping", "sgd-classifier", `{"loss": "modified_huber", "early_stopping": true, "penalty": "elasticnet"}`},
		{"classifier, squared hinge, adaptive", "sgd-classifier", `{"loss": "squared_hinge", "learning_rate": "adaptive", "eta0": 0.05, "penalty": "l1"}`},
		{"classifier, perceptron, one row per step", "sgd-classifier",
			`{"loss": "perceptron", "penalty": "none", "learning_rate": "constant", "eta0": 0.01, "batch_size": 1, "average": true, "standardize": false}`},
	} {
		t.Run(tc.name, func(t *testing.T) { learnertest.Run(t, tc.learner, learnertest.WithParams(tc.params)) })
	}
}
