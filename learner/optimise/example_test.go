package optimise_test

import (
	"fmt"

	"github.com/gochimera/chimera/learner/optimise"
)

// The minimum of (p - 3)^2, by Adam with a rate that falls to 0.
func Example() {
	adam, err := optimise.New(optimise.Settings{Name: optimise.NameAdam, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8})
	if err != nil {
		fmt.Println(err)
		return
	}
	schedule := optimise.Cosine{Eta0: 0.5, Total: 200}
	p := []float64{0}
	for t := range schedule.Total {
		adam.Step(p, []float64{2 * (p[0] - 3)}, schedule.Rate(t))
	}
	fmt.Printf("%.3f\n", p[0])
	// Output: 3.000
}
