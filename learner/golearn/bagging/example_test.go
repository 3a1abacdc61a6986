package bagging_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/golearn/bagging"
	"github.com/gochimera/chimera/registry"
)

func Example() {
	m, err := registry.New("golearn-bagged-id3-classifier", []byte(`{"n_estimators": 25}`), learner.Env{Procs: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"petal"}, Classes: []learner.Label{"setosa", "virginica"}},
		X:      mat.NewDense(8, 1, []float64{1.3, 1.4, 1.5, 1.6, 5.1, 5.5, 5.8, 6.0}), Y: []float64{0, 0, 0, 0, 1, 1, 1, 1},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	class, err := m.Predict(context.Background(), mat.NewDense(2, 1, []float64{1.2, 6.5}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.Classes[int(class[0])], train.Classes[int(class[1])])
	// Output: setosa virginica
}
