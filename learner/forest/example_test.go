package forest_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/forest"
	"github.com/gochimera/chimera/registry"
)

// line is 200 rows whose target is their first feature; the second says nothing.
func line() learner.Dataset {
	d := learner.Dataset{X: mat.NewDense(200, 2, nil), Y: make([]float64, 200)}
	rng := learner.NewRand(1)
	for i := range d.Y {
		d.X.SetRow(i, []float64{float64(i), rng.Float64()})
		d.Y[i] = float64(i)
	}
	return d
}

// The rows that a tree did not draw tell how well it does, without a test set.
func ExampleRegressor() {
	m, err := registry.New("forest-regressor", []byte(`{"oob_score": true}`), learner.Env{Seed: 1, Procs: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := m.Fit(context.Background(), line()); err != nil {
		fmt.Println(err)
		return
	}
	y, err := m.Predict(context.Background(), mat.NewDense(1, 2, []float64{100.5, 0.5}))
	if err != nil {
		fmt.Println(err)
		return
	}
	r2, _ := m.(*forest.Regressor).OOBScore()
	fmt.Printf("predicted %.0f, out-of-bag R2 %.3f\n", y[0], r2)
	// Output: predicted 100, out-of-bag R2 1.000
}

// What the features are worth.
func ExampleClassifier() {
	d := line()
	d.Schema = learner.Schema{Features: []string{"place", "noise"}, Classes: []learner.Label{"high", "low"}}
	for i, v := range d.Y {
		d.Y[i] = 1
		if v >= 100 {
			d.Y[i] = 0
		}
	}
	m, err := registry.New("extra-trees-classifier", nil, learner.Env{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := m.Fit(context.Background(), d); err != nil {
		fmt.Println(err)
		return
	}
	for j, v := range m.(learner.Importancer).FeatureImportances() {
		fmt.Printf("%s %.2f\n", d.Features[j], v)
	}
	// Output:
	// place 0.91
	// noise 0.09
}
