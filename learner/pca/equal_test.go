package pca_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/pca"
)

// Rows that are all equal differ along no component, also if their mean of rounded sums would be another number.
func TestEqualRows(t *testing.T) {
	m, err := pca.New(pca.Params{Whiten: true}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	d := learner.Dataset{Schema: learner.Schema{Features: []string{"a", "b"}}, X: mat.NewDense(3, 2, []float64{0.1, 0.7, 0.1, 0.7, 0.1, 0.7})}
	if err := m.Fit(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	y, err := m.Transform(t.Context(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	if largest := mat.Norm(y, 2); largest != 0 {
		t.Errorf("rows that are all equal are %v", mat.Formatted(y))
	}
}
