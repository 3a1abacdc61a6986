package linear_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// A line through three points.
func ExampleLinearRegression() {
	m, err := registry.New("linear-regression", nil, learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{X: mat.NewDense(3, 1, []float64{1, 2, 3}), Y: []float64{5, 7, 9}}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	coef, intercept := m.(learner.Coefficienter).Coefficients()
	y, err := m.Predict(context.Background(), mat.NewDense(1, 1, []float64{10}))
	fmt.Printf("y = %.3f x + %.3f; y(10) = %.3f, %v\n", coef.At(0, 0), intercept[0], y[0], err)
	// Output: y = 2.000 x + 3.000; y(10) = 23.000, <nil>
}

// The same points; the penalty makes the line less steep.
func ExampleRidge() {
	m, err := registry.New("ridge", []byte(`{"alpha": 2}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{X: mat.NewDense(3, 1, []float64{1, 2, 3}), Y: []float64{5, 7, 9}}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	coef, intercept := m.(learner.Coefficienter).Coefficients()
	fmt.Printf("y = %.3f x + %.3f\n", coef.At(0, 0), intercept[0])
	// Output: y = 1.000 x + 5.000
}

// A lasso drops the feature that matters little.
func ExampleElasticNet() {
	m, err := registry.New("lasso", []byte(`{"alpha": 0.5}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		X: mat.NewDense(4, 2, []float64{1, 1, 1, -1, -1, 1, -1, -1}),
		Y: []float64{3.1, 2.9, -2.9, -3.1},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	coef, _ := m.(learner.Coefficienter).Coefficients()
	fmt.Printf("%.2f %.2f\n", coef.At(0, 0), coef.At(0, 1))
	// Output: 2.50 0.00
}

// Of the rows with x = 0 a quarter is "yes", of those with x = 1 three quarters.
func ExampleLogisticRegression() {
	m, err := registry.New("logistic-regression", []byte(`{"penalty": "none"}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema:  learner.Schema{Features: []string{"x"}, Classes: []learner.Label{"no", "yes"}},
		X:       mat.NewDense(4, 1, []float64{0, 0, 1, 1}),
		Y:       []float64{0, 1, 0, 1},
		Weights: []float64{3, 1, 1, 3},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	proba, err := m.(learner.Classifier).PredictProba(context.Background(), mat.NewDense(2, 1, []float64{0, 1}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f %.2f\n", proba.At(0, 1), proba.At(1, 1))
	// Output: 0.25 0.75
}

// Two groups on a line and a street between them.
func ExampleLinearSVC() {
	m, err := registry.New("linear-svc", nil, learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"x"}, Classes: []learner.Label{"left", "right"}},
		X:      mat.NewDense(4, 1, []float64{-3, -2, 2, 3}),
		Y:      []float64{0, 0, 1, 1},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	y, err := m.Predict(context.Background(), mat.NewDense(2, 1, []float64{-0.5, 0.5}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.Classes[int(y[0])], train.Classes[int(y[1])])
	// Output: left right
}
