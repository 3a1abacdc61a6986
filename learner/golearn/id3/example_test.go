package id3_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/golearn/id3"
	"github.com/gochimera/chimera/registry"
)

func Example() {
	m, err := registry.New("golearn-id3-classifier", nil, learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"petal", "sepal"}, Classes: []learner.Label{"setosa", "virginica"}},
		X:      mat.NewDense(4, 2, []float64{1.3, 5, 1.5, 6, 5.1, 5, 6.0, 6}), Y: []float64{0, 0, 1, 1},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	class, err := m.Predict(context.Background(), mat.NewDense(2, 2, []float64{1.4, 6.2, 5.5, 4.8}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.Classes[int(class[0])], train.Classes[int(class[1])])
	// Output: setosa virginica
}
