package linear_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// A class without rows is never predicted, also halfway between two classes that lie far apart for their spread.
func TestLDADoesNotPredictAnAbsentClass(t *testing.T) {
	m, err := registry.New("lda-classifier", nil, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	d := learner.Dataset{
		Schema: learner.Schema{Features: []string{"x"}, Classes: []learner.Label{"a", "b", "none"}},
		X:      mat.NewDense(6, 1, []float64{-0.001, 0, 0.001, 0.999, 1, 1.001}), Y: []float64{0, 0, 0, 1, 1, 1},
	}
	if err := m.Fit(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	x := mat.NewDense(5, 1, []float64{-3, 0, 0.5, 1, 4})
	proba, err := m.(learner.Classifier).PredictProba(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if p := proba.At(i, 2); p != 0 {
			t.Errorf("at %v: probability %v of the class without rows", x.At(i, 0), p)
		}
	}
}
