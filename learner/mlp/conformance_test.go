package mlp_test

import (
	"fmt"
	"testing"

	"github.com/gochimera/chimera/learner/learnertest"
	_ "github.com/gochimera/chimera/learner/mlp"
)

// epochs is how long the networks with otherwise default settings train: what the
// suite asks shows long before their 200.
const epochs = 60

func TestConformance(t *testing.T) {
	for _, tc := range []struct{ name, learner, params string }{
		{"classifier", "mlp-classifier", `{}`},
		{"regressor", "mlp-regressor", `{}`},
		{"linear", "mlp-classifier", `{"hidden_layer_sizes": [], "solver": "nesterov", "learning_rate_init": 0.1, "max_iter": 60}`},
		{"deep", "mlp-classifier", `{"hidden_layer_sizes": [14, 7], "activation": "gelu", "layer_norm": true,
			"solver": "adamw", "learning_rate_init": 0.02, "batch_size": 32, "max_iter": 40}`},
		{"huber", "mlp-regressor", `{"hidden_layer_sizes": [14, 7], "activation": "tanh", "loss": "huber",
			"solver": "momentum", "learning_rate_init": 0.05, "learning_rate": "cosine", "batch_size": 32, "max_iter": 60}`},
		{"with dropout", "mlp-classifier", `{"hidden_layer_sizes": [12], "dropout": 0.1, "learning_rate_init": 0.02, "max_iter": 60}`},
	} {
		if tc.params == "{}" {
			tc.params = fmt.Sprintf(`{"max_iter": %d}`, epochs)
		}
		t.Run(tc.name, func(t *testing.T) { learnertest.Run(t, tc.learner, learnertest.WithParams(tc.params)) })
	}
}
