package mixture_test

import (
	"context"
	"encoding/json"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Ages of six people, in two groups, and how sure it is which group another one is of.
func Example() {
	m, err := registry.New("gaussian-mixture", json.RawMessage(`{"n_components": 2, "covariance_type": "tied", "means_init": [[8], [64]]}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ages := mat.NewDense(6, 1, []float64{6, 8, 10, 58, 64, 70})
	if err := m.Fit(context.Background(), learner.Dataset{Schema: learner.Schema{Features: []string{"age"}}, X: ages}); err != nil {
		fmt.Println(err)
		return
	}
	proba, err := m.(learner.Classifier).PredictProba(context.Background(), mat.NewDense(2, 1, []float64{12, 36}))
	fmt.Printf("%.2f %v\n", mat.Formatted(proba), err)
	// Output:
	// ⎡1.00  0.00⎤
	// ⎣0.50  0.50⎦ <nil>
}
