//go:build cgo

package knn_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/golearn/knn"
	"github.com/gochimera/chimera/registry"
)

func Example_classifier() {
	m, err := registry.New("golearn-knn-classifier", []byte(`{"n_neighbors": 3}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"petal"}, Classes: []learner.Label{"setosa", "virginica"}},
		X:      mat.NewDense(5, 1, []float64{1.3, 1.5, 4.5, 5.1, 6.0}), Y: []float64{0, 0, 1, 1, 1},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	proba, err := m.(learner.Classifier).PredictProba(context.Background(), mat.NewDense(2, 1, []float64{2.5, 5.5}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", mat.Formatted(proba))
	// Output:
	// ⎡0.67  0.33⎤
	// ⎣0.00  1.00⎦
}

func Example_regressor() {
	m, err := registry.New("golearn-knn-regressor", []byte(`{"n_neighbors": 2}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{X: mat.NewDense(4, 1, []float64{1, 2, 8, 9}), Y: []float64{10, 20, 30, 50}}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	y, err := m.Predict(context.Background(), mat.NewDense(2, 1, []float64{0, 7}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(y)
	// Output: [15 40]
}
