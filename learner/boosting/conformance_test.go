package boosting_test

import (
	"testing"

	"github.com/gochimera/chimera/internal/repeat"
	_ "github.com/gochimera/chimera/learner/boosting"
	"github.com/gochimera/chimera/learner/learnertest"
)

func TestConformance(t *testing.T) {
	for _, c := range []struct{ name, learner, params string }{
		{"boosting-classifier with draws", "boosting-classifier",
			`{"max_iter": 5, "subsample": 0.7, "max_features": 0.6, "class_weight": "balanced", "min_samples_leaf": 2}`},
		{"boosting-classifier depthwise", "boosting-classifier",
			`{"max_iter": 6, "max_leaf_nodes": 0, "max_depth": 3, "min_samples_leaf": 1, "grow_policy": "depthwise"}`},
		{"boosting-regressor small", "boosting-regressor", `{"max_iter": 6, "max_leaf_nodes": 9, "min_samples_leaf": 2, "max_bins": 8, "loss": "absolute_error"}`},
		{"boosting-classifier small", "boosting-classifier", `{"max_iter": 6, "max_leaf_nodes": 5, "min_samples_leaf": 3, "max_bins": 16, "l2_regularization": 0.5}`},
		{"boosting-classifier", "boosting-classifier", `{"max_iter": 5}`},
		{"boosting-regressor", "boosting-regressor", `{"max_iter": 5}`},
	}[:repeat.Times(6, 3)] {
		t.Run(c.name, func(t *testing.T) {
			learnertest.Run(t, c.learner, learnertest.WithParams(c.params), learnertest.WithRows(repeat.Times(120, 80)))
		})
	}
}
