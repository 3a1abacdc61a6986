package cart_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/golearn/cart"
	"github.com/gochimera/chimera/registry"
)

func Example_classifier() {
	m, err := registry.New("golearn-cart-classifier", []byte(`{"max_depth": 1}`), learner.Env{})
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
	class, err := m.Predict(context.Background(), mat.NewDense(2, 1, []float64{1.4, 5.5}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.Classes[int(class[0])], train.Classes[int(class[1])])
	// Output: setosa virginica
}

func Example_regressor() {
	m, err := registry.New("golearn-cart-regressor", nil, learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{X: mat.NewDense(4, 1, []float64{1, 2, 8, 9}), Y: []float64{10, 10, 30, 30}}
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
	// Output: [10 30]
}
