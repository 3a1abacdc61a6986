package bayes_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// ask fits a learner and prints the classes' probabilities for one row.
func ask(name string, train learner.Dataset, row ...float64) {
	m, err := registry.New(name, nil, learner.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := m.Fit(context.Background(), train); err != nil {
		fmt.Println(err)
		return
	}
	p, err := m.(learner.Classifier).PredictProba(context.Background(), mat.NewDense(1, len(row), row))
	if err != nil {
		fmt.Println(err)
		return
	}
	for c, label := range train.Classes {
		fmt.Printf("%s %.3f\n", label, p.At(0, c))
	}
}

// Heights in metres: 1.5 is three standard deviations of either class from its
// mean, but the adults' is half as wide.
func ExampleGaussian() {
	ask("gaussian-nb", learner.Dataset{
		Schema: learner.Schema{Features: []string{"height"}, Classes: []learner.Label{"adult", "child"}},
		X:      mat.NewDense(6, 1, []float64{0.9, 1.1, 1.3, 1.6, 1.7, 1.8}), Y: []float64{1, 1, 1, 0, 0, 0},
	}, 1.5)
	// Output:
	// adult 0.667
	// child 0.333
}

// Does the message have a link, does it have a greeting?
func ExampleBernoulli() {
	ask("bernoulli-nb", learner.Dataset{
		Schema: learner.Schema{Features: []string{"link", "greeting"}, Classes: []learner.Label{"ham", "spam"}},
		X:      mat.NewDense(4, 2, []float64{0, 1, 1, 1, 1, 0, 1, 0}), Y: []float64{0, 0, 1, 1},
	}, 1, 0)
	// Output:
	// ham 0.182
	// spam 0.818
}

// How often a text has each of two words.
func ExampleMultinomial() {
	ask("multinomial-nb", learner.Dataset{
		Schema: learner.Schema{Features: []string{"goal", "vote"}, Classes: []learner.Label{"politics", "sport"}},
		X:      mat.NewDense(2, 2, []float64{1, 5, 6, 0}), Y: []float64{0, 1},
	}, 2, 1)
	// Output:
	// politics 0.329
	// sport 0.671
}
