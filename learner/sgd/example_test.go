package sgd_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// A line through points on 2x + 1.
func ExampleRegressor() {
	m, err := registry.New("sgd-regressor", []byte(`{"penalty": "none", "learning_rate": "constant", "eta0": 0.1, "tol": 0}`), learner.Env{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{X: mat.NewDense(4, 1, []float64{0, 1, 2, 3}), Y: []float64{1, 3, 5, 7}}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	coef, intercept := m.(learner.Coefficienter).Coefficients()
	fmt.Printf("%.3f %.3f\n", coef.RawRowView(0), intercept)
	// Output: [2.000] [1.000]
}

// Logistic regression, and how sure it is half-way.
func ExampleClassifier() {
	m, err := registry.New("sgd-classifier", nil, learner.Env{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"x"}, Classes: []learner.Label{"no", "yes"}},
		X:      mat.NewDense(4, 1, []float64{1, 2, 5, 6}), Y: []float64{0, 0, 1, 1},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	proba, err := m.(learner.Classifier).PredictProba(context.Background(), mat.NewDense(2, 1, []float64{3.5, 9}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", proba.RawMatrix().Data)
	// Output: [0.50 0.50 0.00 1.00]
}

// What a parameter server asks of a worker: the gradient, summed over the
// worker's rows.
func ExampleLinear_Gradient() {
	e, err := registry.New("sgd-regressor", nil, learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := e.(learner.Differentiable)
	blocks, err := m.Init(learner.Schema{Features: []string{"x"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	gradient := make([]float64, len(m.Parameters()))
	batch := learner.Dataset{X: mat.NewDense(2, 1, []float64{1, 3}), Y: []float64{2, 4}}
	loss, rows, err := m.Gradient(context.Background(), learner.Step{}, batch, gradient)
	fmt.Println(blocks[0].Name, blocks[1].Name, gradient, loss, rows, err)
	// Output: coef intercept [-14 -6] 10 2 <nil>
}
