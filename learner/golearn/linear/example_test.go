//go:build cgo

package linear_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/golearn/linear"
	"github.com/gochimera/chimera/registry"
)

func Example() {
	m, err := registry.New("golearn-linear-regression", nil, learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{X: mat.NewDense(3, 1, []float64{1, 2, 4}), Y: []float64{3, 5, 9}}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	y, err := m.Predict(context.Background(), mat.NewDense(1, 1, []float64{10}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f\n", y)
	// Output: [21.000]
}
