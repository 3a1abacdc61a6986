package adaboost_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// No single split tells the middle from both ends; a vote of three does.
func ExampleClassifier() {
	d := learner.Dataset{
		Schema: learner.Schema{Features: []string{"x"}, Classes: []learner.Label{"end", "middle"}},
		X:      mat.NewDense(9, 1, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}), Y: []float64{0, 0, 0, 1, 1, 1, 0, 0, 0},
	}
	for _, trees := range []int{1, 3} {
		m, err := registry.New("adaboost-classifier", fmt.Appendf(nil, `{"n_estimators": %d}`, trees), learner.Env{})
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := m.Fit(context.Background(), d); err != nil {
			fmt.Println(err)
			return
		}
		y, err := m.Predict(context.Background(), mat.NewDense(3, 1, []float64{2, 5, 8}))
		fmt.Println(trees, y, err)
	}
	// Output:
	// 1 [0 0 0] <nil>
	// 3 [0 1 0] <nil>
}
