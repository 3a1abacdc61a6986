package tree_test

import (
	"testing"

	"github.com/gochimera/chimera/learner/learnertest"
	_ "github.com/gochimera/chimera/learner/tree"
)

func TestConformance(t *testing.T) {
	for _, c := range []struct{ name, learner, params string }{
		{"tree-classifier", "tree-classifier", `{}`},
		{"tree-classifier balanced", "tree-classifier", `{"class_weight": "balanced"}`},
		{"tree-classifier by entropy", "tree-classifier", `{"criterion": "entropy", "max_depth": 6}`},
		{"tree-classifier best first", "tree-classifier", `{"max_leaf_nodes": 12, "min_samples_leaf": 3, "min_samples_split": 8}`},
		{"tree-classifier with drawn features", "tree-classifier", `{"max_features": "sqrt"}`},
		{"tree-classifier pruned", "tree-classifier", `{"ccp_alpha": 0.01}`},
		{"tree-classifier by bins", "tree-classifier", `{"splitter": "histogram", "max_bins": 20}`},
		{"tree-regressor", "tree-regressor", `{}`},
		{"tree-regressor by bins", "tree-regressor", `{"splitter": "histogram"}`},
		{"tree-regressor by medians", "tree-regressor", `{"criterion": "absolute_error"}`},
		{"tree-regressor by medians of bins", "tree-regressor", `{"criterion": "absolute_error", "splitter": "histogram", "max_leaf_nodes": 30}`},
		{"tree-regressor best first", "tree-regressor", `{"max_leaf_nodes": 20, "min_impurity_decrease": 0.001}`},
		{"tree-regressor with drawn features", "tree-regressor", `{"max_features": 0.7, "min_samples_leaf": 2}`},
	} {
		t.Run(c.name, func(t *testing.T) { learnertest.Run(t, c.learner, learnertest.WithParams(c.params)) })
	}
	t.Run("tree-regressor of counts", func(t *testing.T) {
		learnertest.Run(t, "tree-regressor", learnertest.WithParams(`{"criterion": "poisson"}`), learnertest.Counts())
	})
}
