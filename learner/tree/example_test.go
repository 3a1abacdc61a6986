package tree_test

import (
	"context"
	"encoding/json"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/registry"
)

// flowers are two classes that petals tell apart.
func flowers() learner.Dataset {
	return learner.Dataset{
		Schema: learner.Schema{Features: []string{"petal length", "petal width"}, Classes: []learner.Label{"setosa", "versicolor"}},
		X:      mat.NewDense(6, 2, []float64{1.4, 0.2, 1.3, 0.2, 1.5, 0.3, 4.7, 1.4, 4.5, 1.5, 4.9, 1.5}),
		Y:      []float64{0, 0, 0, 1, 1, 1},
	}
}

func Example() {
	m, err := registry.New("tree-classifier", json.RawMessage(`{"max_depth": 3}`), learner.Env{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, train := context.Background(), flowers()
	if err := m.Fit(ctx, train); err != nil {
		fmt.Println(err)
		return
	}
	y, err := m.Predict(ctx, mat.NewDense(2, 2, []float64{1.6, 0.2, 4.4, 1.3}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, class := range y {
		fmt.Println(train.Classes[int(class)])
	}
	// Output:
	// setosa
	// versicolor
}

// Two trees of a forest share one table; each has its own bootstrap.
func ExampleTable_Grow() {
	ctx := context.Background()
	table, err := tree.Prepare(ctx, flowers(), tree.Float32, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for seed, drawn := range [][]float64{{2, 0, 1, 1, 1, 1}, {1, 1, 1, 0, 3, 0}} {
		t, err := table.Grow(ctx, tree.Growth{Weights: drawn, MaxFeatures: 1, Seed: uint64(seed)})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(t.Leaves(), t.Values(t.Find([]float64{1.2, 0.1})))
	}
	// Output:
	// 2 [1 0]
	// 2 [1 0]
}
