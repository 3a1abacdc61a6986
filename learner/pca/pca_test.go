package pca_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/learnertest"
	"github.com/gochimera/chimera/learner/pca"
	"github.com/gochimera/chimera/registry"
)

func TestConformance(t *testing.T) {
	for _, params := range []string{"", `{"n_components": 1, "whiten": true}`, `{"n_components": 0.8}`, `{"whiten": true}`} {
		t.Run(params, func(t *testing.T) { learnertest.Run(t, "pca", learnertest.WithParams(params)) })
	}
}

func fit(t *testing.T, params string, d learner.Dataset) *pca.PCA {
	t.Helper()
	m, err := registry.New("pca", json.RawMessage(params), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m.(*pca.PCA)
}

// near asserts that numbers agree to within 1e-8 of the largest.
func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	most := 1e-3
	for _, v := range want {
		most = max(most, math.Abs(v))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-8*most) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// The components, their variances and the transformed rows are scikit-learn's; testdata/truth.py made the numbers.
func TestAsScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/truth.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Set        string          `json:"set"`
		Params     json.RawMessage `json:"params"`
		Variance   []float64       `json:"variance"`
		Ratio      []float64       `json:"ratio"`
		Components [][]float64     `json:"components"`
		Rows       [][]float64     `json:"rows"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 6 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s %s", c.Set, c.Params), func(t *testing.T) {
			train, test := testdata.Load(t, c.Set)
			m := fit(t, string(c.Params), train)
			near(t, "variance", m.ExplainedVariance(), c.Variance)
			near(t, "ratio", m.ExplainedVarianceRatio(), c.Ratio)
			for i, want := range c.Components {
				near(t, "component", mat.Row(nil, i, m.Components()), want)
			}
			out, err := m.Transform(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range c.Rows {
				near(t, "row", out.RawRowView(i), want)
			}
		})
	}
}

// Rows on a line far from 0 have one component, along it: the means are taken away before anything is multiplied, so
// nothing cancels.
func TestALineFarAway(t *testing.T) {
	d := learner.Dataset{X: mat.NewDense(5, 2, nil)}
	for i := range 5 {
		d.X.SetRow(i, []float64{1e9 + 3*float64(i), 1e9 + 4*float64(i)})
	}
	m := fit(t, "", d)
	near(t, "component", m.Components().RawMatrix().Data, []float64{0.6, 0.8})
	near(t, "variance", m.ExplainedVariance(), []float64{62.5})
	near(t, "mean", m.Mean(), []float64{1e9 + 6, 1e9 + 8})
}

func TestMoreComponentsThanFeatures(t *testing.T) {
	m, err := pca.New(pca.Params{NComponents: pca.Count(3)}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), learner.Dataset{X: mat.NewDense(4, 2, nil)}); err == nil {
		t.Error("no error")
	}
}

// Two features that say the same are one number.
func Example() {
	m, _ := pca.New(pca.Params{NComponents: pca.Share(0.9)}, learner.Env{})
	x := mat.NewDense(4, 2, []float64{1, 1, 2, 2, 3, 3, 4, 4})
	if err := m.Fit(context.Background(), learner.Dataset{X: x}); err != nil {
		fmt.Println(err)
		return
	}
	first, err := m.Predict(context.Background(), mat.NewDense(1, 2, []float64{2.5, 2.5}))
	fmt.Printf("%.3f %.3f %v\n", m.ExplainedVarianceRatio(), first, err)
	// Output:
	// [1.000] [0.000] <nil>
}
