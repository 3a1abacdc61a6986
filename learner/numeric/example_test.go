package numeric_test

import (
	"fmt"

	"github.com/gochimera/chimera/learner/numeric"
)

// Scores of three classes become probabilities, and the likeliest class.
func ExampleSoftmax() {
	scores := []float64{1, 3, 2}
	numeric.Softmax(scores)
	fmt.Printf("%.3f, class %d\n", scores, numeric.ArgMax(scores))
	// Output: [0.090 0.665 0.245], class 1
}
