package neural_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/golearn/neural"
	"github.com/gochimera/chimera/registry"
)

func Example() {
	m, err := registry.New("golearn-neural-classifier", []byte(`{"hidden_layer_sizes": [5]}`), learner.Env{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"petal"}, Classes: []learner.Label{"setosa", "virginica"}},
		X:      mat.NewDense(4, 1, []float64{1.3, 1.5, 5.1, 6.0}), Y: []float64{0, 0, 1, 1},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	class, err := m.Predict(context.Background(), mat.NewDense(2, 1, []float64{1.0, 6.5}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.Classes[int(class[0])], train.Classes[int(class[1])])
	// Output: setosa virginica
}
