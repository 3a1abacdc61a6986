package mixture_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/mixture"
	"github.com/gochimera/chimera/registry"
)

func fit(t *testing.T, params string, d learner.Dataset) *mixture.Mixture {
	t.Helper()
	m, err := registry.New("gaussian-mixture", json.RawMessage(params), learner.Env{Seed: 1, Procs: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m.(*mixture.Mixture)
}

// near asserts that numbers agree to within 1e-8 of the largest, or of 1.
func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	most := 1.
	for _, v := range want {
		most = max(most, math.Abs(v))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-8*most) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// From an equal beginning, the mixture of scikit-learn after the same number of iterations; testdata/truth.py made the
// numbers.
func TestAsScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/truth.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Set        string          `json:"set"`
		Params     json.RawMessage `json:"params"`
		Iterations int             `json:"iterations"`
		Converged  bool            `json:"converged"`
		Bound      float64         `json:"lower_bound"`
		Weights    []float64       `json:"weights"`
		Means      [][]float64     `json:"means"`
		Covariance []float64       `json:"covariances"`
		Proba      [][]float64     `json:"proba"`
		Density    []float64       `json:"density"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 8 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s %.50s", c.Set, c.Params), func(t *testing.T) {
			train, test := testdata.Load(t, c.Set)
			m := fit(t, string(c.Params), train)
			if m.Iterations() != c.Iterations || m.Convergence().Converged != c.Converged {
				t.Errorf("%d iterations, %+v; want %d, %t", m.Iterations(), m.Convergence(), c.Iterations, c.Converged)
			}
			near(t, "lower bound", []float64{m.LowerBound()}, []float64{c.Bound})
			near(t, "weights", m.Weights(), c.Weights)
			for i, want := range c.Means {
				near(t, "mean", mat.Row(nil, i, m.Centers()), want)
			}
			near(t, "covariances", flat(m.Covariances(), len(c.Covariance), len(c.Means[0])), c.Covariance)
			proba, err := m.PredictProba(t.Context(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range c.Proba {
				near(t, "probabilities", proba.RawRowView(i), want)
			}
			density, err := m.LogDensity(t.Context(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "density", density[:len(c.Density)], c.Density)
		})
	}
}

// flat are covariances as scikit-learn has them: n numbers, of matrices, of their diagonals, or one for each.
func flat(list []*mat.SymDense, n, cols int) []float64 {
	var out []float64
	for _, s := range list {
		for i := range cols {
			for j := range cols {
				if n == len(list)*cols*cols || i == j && (n == len(list)*cols || i == 0) {
					out = append(out, s.At(i, j))
				}
			}
		}
	}
	return out
}

// Two groups that overlap are found from where kmeans ends.
func TestFromClusters(t *testing.T) {
	d := learner.Dataset{X: mat.NewDense(400, 2, nil)}
	r := learner.NewRand(1)
	for i := range 400 {
		far := float64(i % 4 / 3 * 4) // a quarter of the rows
		d.X.SetRow(i, []float64{far + r.NormFloat64(), far + (1+far/4)*r.NormFloat64()})
	}
	m := fit(t, `{"n_components": 2, "tol": 1e-6, "max_iter": 500}`, d)
	small := 0
	if m.Weights()[1] < m.Weights()[0] {
		small = 1
	}
	if w := m.Weights()[small]; math.Abs(w-0.25) > 0.05 || math.Abs(m.Centers().At(small, 0)-4) > 0.4 || math.Abs(m.Centers().At(1-small, 1)) > 0.3 {
		t.Errorf("weights %v, means %v", m.Weights(), mat.Formatted(m.Centers()))
	}
	if v := m.Covariances()[small].At(1, 1); math.Abs(v-4) > 1.5 {
		t.Errorf("the variance of the small group is %v, want about 4", v)
	}
}

// What no rows fit is refused with the parameter's name.
func TestRefused(t *testing.T) {
	for params, want := range map[string]string{
		`{"weights_init": [0.5, 0.6], "n_components": 2}`:                                      "weights_init",
		`{"means_init": [1, 2], "n_components": 2}`:                                            "means_init",
		`{"precisions_init": [[1, 2], [3]], "n_components": 2}`:                                "precisions_init",
		`{"precisions_init": [1, -1], "n_components": 2, "means_init": [[1]]}`:                 "means_init",
		`{"precisions_init": [[1, 0], [0, 1]], "n_components": 2}`:                             "precisions_init",
		`{"means_init": [null]}`:                                                               "means_init",
		`{"covariance_type": "round"}`:                                                         "covariance_type",
		`{"means_init": [[1, 2, 3]], "weights_init": [1], "n_components": 1}`:                  "means_init",
		`{"means_init": [[1, 2]], "weights_init": [1], "precisions_init": [[[1, 2], [2, 1]]]}`: "precisions_init",
	} {
		m, err := registry.New("gaussian-mixture", json.RawMessage(params), learner.Env{})
		if err == nil {
			err = m.Fit(t.Context(), learner.Dataset{X: mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, 7})})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", params, err)
		}
	}
	m, err := registry.New("gaussian-mixture", json.RawMessage(`{"reg_covar": 0}`), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(t.Context(), learner.Dataset{X: mat.NewDense(3, 1, nil)}); err == nil || !strings.Contains(err.Error(), "reg_covar") {
		t.Errorf("equal rows without reg_covar: %v", err)
	}
}

// Weights that are too small to be told apart are an error that says so.
func TestTinyWeights(t *testing.T) {
	m, err := registry.New("gaussian-mixture", json.RawMessage(`{"means_init": [[1]], "weights_init": [1], "precisions_init": [[[1]]]}`), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	d := learner.Dataset{X: mat.NewDense(3, 1, []float64{1, 2, 4}), Weights: []float64{1e-130, 1e-130, 1e-130}}
	var bad *learner.DataError
	if err := m.Fit(t.Context(), d); !errors.As(err, &bad) || bad.Name != "weight" {
		t.Errorf("%v", err)
	}
}

// Threads change no bit.
func TestThreads(t *testing.T) {
	d := learner.Dataset{X: mat.NewDense(1100, 8, nil)}
	r := learner.NewRand(2)
	for i := range 1100 {
		for j := range 8 {
			d.X.Set(i, j, float64(i%3)+r.NormFloat64())
		}
	}
	for _, covariance := range []string{"full", "spherical"} {
		var first []byte
		for _, procs := range []int{1, 3} {
			m, err := registry.New("gaussian-mixture", json.RawMessage(`{"n_components": 2, "max_iter": 2, "covariance_type": "`+covariance+`"}`),
				learner.Env{Seed: 1, Procs: procs})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			stored, err := m.(learner.Snapshotter).MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = stored
			} else if !bytes.Equal(first, stored) {
				t.Errorf("%s: %d threads make another model than one", covariance, procs)
			}
		}
	}
}
