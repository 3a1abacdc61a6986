package kmeans_test

import (
	"context"
	"encoding/json"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Ages of six people, in two groups.
func Example() {
	m, err := registry.New("kmeans", json.RawMessage(`{"n_clusters": 2, "init": [[10], [50]]}`), learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ages := mat.NewDense(6, 1, []float64{7, 8, 9, 61, 64, 67})
	if err := m.Fit(context.Background(), learner.Dataset{Schema: learner.Schema{Features: []string{"age"}}, X: ages}); err != nil {
		fmt.Println(err)
		return
	}
	clusters, err := m.Predict(context.Background(), mat.NewDense(2, 1, []float64{12, 50}))
	fmt.Println(clusters, err)
	// Output:
	// [0 1] <nil>
}
