package knn_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// The three nearest of five rows vote.
func ExampleClassifier() {
	m, err := registry.New("knn-classifier", []byte(`{"n_neighbors": 3}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"size"}, Classes: []learner.Label{"large", "small"}},
		X:      mat.NewDense(5, 1, []float64{1, 2, 3, 8, 9}), Y: []float64{1, 1, 1, 0, 0},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	x := mat.NewDense(2, 1, []float64{0, 7})
	class, _ := m.Predict(context.Background(), x)
	proba, _ := m.(learner.Classifier).PredictProba(context.Background(), x)
	for i, c := range class {
		fmt.Printf("%s %.2f\n", train.Classes[int(c)], proba.RawRowView(i))
	}
	// Output:
	// small [0.00 1.00]
	// large [0.67 0.33]
}

// Nearer rows count more: at 1.5 the targets 10 and 20 are twice as near as 40.
func ExampleRegressor() {
	m, err := registry.New("knn-regressor", []byte(`{"n_neighbors": 3, "weights": "distance"}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{X: mat.NewDense(4, 1, []float64{1, 2, 2.5, 9}), Y: []float64{10, 20, 40, 0}}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	y, _ := m.Predict(context.Background(), mat.NewDense(1, 1, []float64{1.5}))
	fmt.Println(y) // (10*2 + 20*2 + 40*1) / 5
	// Output: [20]
}
