package dummy_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// The baseline of a set with three rows of one class and one of another.
func ExampleClassifier() {
	m, err := registry.New("dummy-classifier", nil, learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"x"}, Classes: []learner.Label{"no", "yes"}},
		X:      mat.NewDense(4, 1, []float64{1, 2, 3, 4}), Y: []float64{0, 1, 1, 1},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	x := mat.NewDense(1, 1, []float64{7})
	class, _ := m.Predict(context.Background(), x)
	proba, _ := m.(learner.Classifier).PredictProba(context.Background(), x)
	fmt.Println(train.Classes[int(class[0])], proba.RawRowView(0))
	// Output: yes [0.25 0.75]
}

// The median of the targets.
func ExampleRegressor() {
	m, err := registry.New("dummy-regressor", []byte(`{"strategy": "median"}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{X: mat.NewDense(3, 1, []float64{1, 2, 3}), Y: []float64{10, 20, 90}}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	y, _ := m.Predict(context.Background(), mat.NewDense(1, 1, []float64{7}))
	fmt.Println(y)
	// Output: [20]
}
