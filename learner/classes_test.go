package learner_test

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// A class index that is beyond every integer is refused like any other that is out of range: converted
// to an int it would be negative on some processors.
func TestClassIndicesAreInRange(t *testing.T) {
	for y, ok := range map[float64]bool{0: true, 1: true, 2: false, -1: false, 0.5: false, 1e19: false, -1e19: false, math.MaxFloat64: false} {
		d := learner.Dataset{Schema: learner.Schema{Features: []string{"a"}, Classes: []learner.Label{"no", "yes"}}, X: mat.NewDense(1, 1, nil), Y: []float64{y}}
		err := learner.CheckFit(d, learner.Classification, learner.Traits{})
		var refused *learner.DataError
		if ok && err != nil || !ok && !errors.As(err, &refused) {
			t.Errorf("class %v: %v", y, err)
		}
	}
}
