//go:build cgo

package forest_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/golearn/forest"
	"github.com/gochimera/chimera/registry"
)

func Example() {
	m, err := registry.New("golearn-forest-classifier", nil, learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"petal length", "petal width", "sepal length"}, Classes: []learner.Label{"setosa", "virginica"}},
		X: mat.NewDense(8, 3, []float64{
			1.3, 0.2, 4.7, 1.4, 0.2, 5.0, 1.5, 0.4, 5.4, 1.6, 0.3, 5.1,
			5.1, 1.9, 5.8, 5.5, 1.8, 6.5, 5.8, 2.2, 6.7, 6.0, 2.5, 6.3,
		}), Y: []float64{0, 0, 0, 0, 1, 1, 1, 1},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	class, err := m.Predict(context.Background(), mat.NewDense(2, 3, []float64{1.2, 0.1, 4.6, 6.5, 2.6, 7.0}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.Classes[int(class[0])], train.Classes[int(class[1])])
	// Output: setosa virginica
}
