package numeric

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Votes counts each predicted class as certain: rows x classes, 1 for the
// row's class and 0 for the others. Predicted classes are indices, 0 to
// classes-1; anything else is an error. Without rows the matrix is empty.
func Votes(predicted []float64, classes int) (*mat.Dense, error) {
	if len(predicted) == 0 {
		return &mat.Dense{}, nil
	}
	if classes < 1 {
		return nil, fmt.Errorf("votes for %d classes: there must be at least one", classes)
	}
	votes := mat.NewDense(len(predicted), classes, nil)
	for i, class := range predicted {
		k := int(class)
		if float64(k) != class || k < 0 || k >= classes {
			return nil, fmt.Errorf("row %d: %v is predicted, which is no class index: want 0 to %d", i, class, classes-1)
		}
		votes.Set(i, k, 1)
	}
	return votes, nil
}
