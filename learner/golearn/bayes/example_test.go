package bayes_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/golearn/bayes"
	"github.com/gochimera/chimera/registry"
)

// Words that are in a message or not.
func Example() {
	m, err := registry.New("golearn-bernoulli-nb-classifier", nil, learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := learner.Dataset{
		Schema: learner.Schema{Features: []string{"prize", "meeting"}, Classes: []learner.Label{"ham", "spam"}},
		X:      mat.NewDense(4, 2, []float64{0, 1, 0, 1, 1, 0, 1, 0}), Y: []float64{0, 0, 1, 1},
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	proba, err := m.(learner.Classifier).PredictProba(context.Background(), mat.NewDense(1, 2, []float64{1, 0}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", proba.RawRowView(0))
	// Output: [0.14 0.86]
}
