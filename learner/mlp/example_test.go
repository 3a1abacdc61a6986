package mlp_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Exclusive or, which no linear model can learn.
func ExampleClassifier() {
	m, err := registry.New("mlp-classifier",
		[]byte(`{"hidden_layer_sizes": [8], "activation": "tanh", "learning_rate_init": 0.05}`), learner.Env{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"a", "b"}, Classes: []learner.Label{"equal", "different"}},
		X:      mat.NewDense(4, 2, []float64{0, 0, 0, 1, 1, 0, 1, 1}), Y: []float64{0, 1, 1, 0},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	classes, err := m.Predict(context.Background(), train.X)
	fmt.Println(classes, err)
	// Output: [0 1 1 0] <nil>
}

// The layers of a network, as a pipeline cuts them.
func ExampleRegressor_Layers() {
	m, err := registry.New("mlp-regressor", []byte(`{"hidden_layer_sizes": [16, 8], "activation": "gelu", "layer_norm": true, "dropout": 0.1}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	layers, err := m.(learner.Layered).Layers(learner.Schema{Features: []string{"a", "b", "c"}})
	for _, l := range layers {
		fmt.Println(l.Name, l.In, l.Out, l.Parameters)
	}
	fmt.Println(err)
	// Output:
	// dense_1 3 16 64
	// layer_norm_1 16 16 32
	// gelu_1 16 16 0
	// dropout_1 16 16 0
	// dense_2 16 8 136
	// layer_norm_2 8 8 16
	// gelu_2 8 8 0
	// dropout_2 8 8 0
	// dense_3 8 1 9
	// <nil>
}
