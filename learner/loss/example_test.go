package loss_test

import (
	"fmt"

	"github.com/gochimera/chimera/learner/loss"
)

// The hinge loss of a row that is right, but not by enough.
func ExampleHinge() {
	value, derivative := loss.Hinge{}.At(0.25, 1)
	fmt.Println(value, derivative)
	// Output: 0.75 -1
}

// Two rows' scores for three classes become the derivatives by them.
func ExampleSoftmax() {
	scores := []float64{0, 0, 0, 0, 0, 0}
	sum := loss.Softmax{Classes: 3}.Derive(scores, []float64{2, 0}, []float64{1, 2})
	fmt.Printf("%.3f %.3f\n", sum, scores)
	// Output: 3.296 [0.333 0.333 -0.667 -1.333 0.667 0.667]
}
