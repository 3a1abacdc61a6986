package moments_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
)

func linear(outputs, features int, intercept bool) []learner.Block {
	blocks := []learner.Block{{Name: "coef", Shape: []int{outputs, features}, Penalised: true}}
	if intercept {
		blocks = append(blocks, learner.Block{Name: "intercept", Shape: []int{outputs}})
	}
	return blocks
}

// answers is x coef' + intercept.
func answers(x *mat.Dense, params []float64, outputs int) []float64 {
	rows, features := x.Dims()
	var y []float64
	for i := range rows {
		for o := range outputs {
			v := 0.0
			for j := range features {
				v += x.At(i, j) * params[o*features+j]
			}
			if len(params) > outputs*features {
				v += params[outputs*features+o]
			}
			y = append(y, v)
		}
	}
	return y
}

func TestFold(t *testing.T) {
	rng := learner.NewRand(7)
	x := mat.NewDense(40, 3, nil)
	for i := range 40 {
		x.SetRow(i, []float64{5 + rng.NormFloat64(), -300 + 20*rng.NormFloat64(), 4})
	}
	full, err := of(t, learner.Dataset{X: x, Y: make([]float64, 40)}).Scaling()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		scaling moments.Scaling
		outputs int
		blocks  []learner.Block
	}{
		{"one output", full, 1, linear(1, 3, true)},
		{"three outputs", full, 3, linear(3, 3, true)},
		{"a flat block of coefficients", full, 1, []learner.Block{{Name: "coef", Shape: []int{3}}, {Name: "intercept", Shape: []int{1}}}},
		{"no intercept", full.ScaleOnly(), 2, linear(2, 3, false)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var params []float64
			for _, b := range tc.blocks {
				for range b.Len() {
					params = append(params, rng.NormFloat64())
				}
			}
			given := slices.Clone(params)
			folded, err := tc.scaling.Fold(params, tc.blocks)
			if err != nil {
				t.Fatal(err)
			}
			z, err := tc.scaling.Standardize(x)
			if err != nil {
				t.Fatal(err)
			}
			want, got := answers(z, params, tc.outputs), answers(x, folded, tc.outputs)
			for i := range want {
				if math.Abs(want[i]-got[i]) > 1e-12 {
					t.Errorf("answer %d: %v on the standard scale, %v folded", i, want[i], got[i])
				}
			}
			back, err := tc.scaling.Unfold(folded, tc.blocks)
			if err != nil {
				t.Fatal(err)
			}
			if !near(back, params, 1e-12) {
				t.Errorf("unfolded %v, want %v", back, params)
			}
			if !slices.Equal(params, given) {
				t.Error("Fold changed its input")
			}
		})
	}
}

func TestFoldRefuses(t *testing.T) {
	s := moments.Scaling{Mean: []float64{1, 2}, Scale: []float64{1, 1}}
	for _, tc := range []struct {
		name    string
		scaling moments.Scaling
		params  int
		blocks  []learner.Block
	}{
		{"too few parameters", s, 2, linear(1, 2, true)},
		{"too many parameters", s, 4, linear(1, 2, true)},
		{"another width", s, 4, linear(1, 3, true)},
		{"no features", moments.Scaling{}, 0, nil},
		{"no coefficients", s, 1, []learner.Block{{Name: "intercept", Shape: []int{1}}}},
		{"too few intercepts", s, 5, []learner.Block{{Name: "coef", Shape: []int{2, 2}}, {Name: "intercept", Shape: []int{1}}}},
		{"a network", s, 3, []learner.Block{{Name: "layer 1", Shape: []int{3}}}},
		{"means but no intercept", s, 2, linear(1, 2, false)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := tc.scaling.Fold(make([]float64, tc.params), tc.blocks); err == nil {
				t.Error("no error")
			}
		})
	}
}
