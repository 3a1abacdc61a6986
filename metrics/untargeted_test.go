package metrics_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
)

func dense(rows [][]float64) *mat.Dense {
	m := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		m.SetRow(i, r)
	}
	return m
}

// Scores without targets are scikit-learn's; testdata/untargeted.py made the numbers.
func TestUntargetedAsScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/untargeted.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		X, Back, Centers    [][]float64
		Truth               []int
		At                  []float64
		Inertia, Silhouette float64
		AdjustedRand        float64 `json:"adjusted_rand"`
		ExplainedVariance   float64 `json:"explained_variance"`
		Reconstruction      float64 `json:"reconstruction_error"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 4 {
		t.Fatalf("%d cases", len(cases))
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= 1e-12*max(1, math.Abs(want))) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	for _, c := range cases {
		x := dense(c.X)
		truth := make([]learner.Label, len(c.Truth))
		for i, v := range c.Truth {
			truth[i] = learner.NumberLabel(float64(v))
		}
		got, err := metrics.NewClustering(t.Context(), x, c.At, len(c.Centers), metrics.ClusteringOptions{Centers: dense(c.Centers), Truth: truth})
		if err != nil {
			t.Fatal(err)
		}
		near("the inertia", *got.Inertia, c.Inertia)
		near("the silhouette", *got.Silhouette, c.Silhouette)
		near("the adjusted Rand index", *got.AdjustedRand, c.AdjustedRand)
		if got.Rows != len(c.X) || got.SilhouetteRows != len(c.X) {
			t.Errorf("%+v", got)
		}
		of, err := metrics.NewDecomposition(x, dense(c.Back), 2)
		if err != nil {
			t.Fatal(err)
		}
		near("the explained variance", of.ExplainedVariance, c.ExplainedVariance)
		near("the error of the reconstruction", of.Reconstruction, c.Reconstruction)
	}
}

// A silhouette of many rows is that of a sample, the same with one seed.
func TestSilhouetteOfASample(t *testing.T) {
	const n = 600
	x, at := mat.NewDense(n, 1, nil), make([]float64, n)
	r := learner.NewRand(5)
	for i := range n {
		at[i] = float64(i % 3)
		x.Set(i, 0, 4*at[i]+r.NormFloat64())
	}
	score := func(o metrics.ClusteringOptions) metrics.Clustering {
		t.Helper()
		got, err := metrics.NewClustering(t.Context(), x, at, 3, o)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	all, one := score(metrics.ClusteringOptions{}), score(metrics.ClusteringOptions{Most: 200, Seed: 1})
	again, other := score(metrics.ClusteringOptions{Most: 200, Seed: 1}), score(metrics.ClusteringOptions{Most: 200, Seed: 2})
	switch {
	case all.SilhouetteRows != n || one.SilhouetteRows != 200 || one.Rows != n || !slices.Equal(one.Sizes, []int{200, 200, 200}):
		t.Errorf("%+v, %+v", all, one)
	case *one.Silhouette != *again.Silhouette || *one.Silhouette == *other.Silhouette:
		t.Errorf("with seeds 1, 1, 2: %v, %v, %v", *one.Silhouette, *again.Silhouette, *other.Silhouette)
	case math.Abs(*one.Silhouette-*all.Silhouette) > 0.05:
		t.Errorf("%v of a sample, %v of all", *one.Silhouette, *all.Silhouette)
	}
}

// What is not defined is absent: silhouettes of one cluster, or of as many as there are rows.
func TestClusteringWithoutASilhouette(t *testing.T) {
	x := mat.NewDense(3, 1, []float64{1, 2, 4})
	for _, at := range [][]float64{{1, 1, 1}, {0, 1, 2}} {
		got, err := metrics.NewClustering(t.Context(), x, at, 3, metrics.ClusteringOptions{Truth: []learner.Label{"a", "b", "c"}})
		if err != nil || got.Silhouette != nil || got.Inertia != nil {
			t.Errorf("%v: %+v, %v", at, got, err)
		}
		if want := at[0] * -1; at[0] == 0 && *got.AdjustedRand != 1 || at[0] == 1 && *got.AdjustedRand != 0 {
			t.Errorf("%v: the adjusted Rand index is %v, want %v", at, *got.AdjustedRand, want)
		}
	}
}

func TestUntargetedRefused(t *testing.T) {
	x, far := mat.NewDense(2, 1, []float64{0, 1}), mat.NewDense(3, 1, []float64{1e200, 0, -1e200})
	two := metrics.ClusteringOptions{Centers: mat.NewDense(2, 1, nil)}
	for i, f := range []func() error{
		func() error { _, err := metrics.NewClustering(t.Context(), nil, nil, 1, two); return err },
		func() error { _, err := metrics.NewClustering(t.Context(), x, []float64{0}, 2, two); return err },
		func() error { _, err := metrics.NewClustering(t.Context(), x, []float64{0, 2}, 2, two); return err },
		func() error { _, err := metrics.NewClustering(t.Context(), x, []float64{0, 0.5}, 2, two); return err },
		func() error { _, err := metrics.NewClustering(t.Context(), x, []float64{0, 1}, 3, two); return err },
		func() error {
			_, err := metrics.NewClustering(t.Context(), far, []float64{0, 0, 1}, 2, two)
			return err
		},
		func() error {
			_, err := metrics.NewClustering(t.Context(), x, []float64{0, 1}, 2, metrics.ClusteringOptions{Truth: []learner.Label{"a"}})
			return err
		},
		func() error {
			_, err := metrics.NewClustering(t.Context(), x, []float64{0, 1}, 2, metrics.ClusteringOptions{Most: -1})
			return err
		},
		func() error { _, err := metrics.NewDecomposition(nil, x, 1); return err },
		func() error { _, err := metrics.NewDecomposition(x, nil, 1); return err },
		func() error { _, err := metrics.NewDecomposition(x, far, 1); return err },
		func() error { _, err := metrics.NewDecomposition(far, far, 1); return err },
	} {
		var bad *learner.DataError
		if err := f(); !errors.As(err, &bad) {
			t.Errorf("case %d: %v", i, err)
		}
	}
}

// Rows that do not differ are told by their mean, or not at all.
func TestDecompositionOfEqualRows(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{1, 2, 1, 2})
	for back, want := range map[float64]float64{2: 1, 3: 0} {
		got, err := metrics.NewDecomposition(x, mat.NewDense(2, 2, []float64{1, back, 1, back}), 1)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(metrics.Decomposition{Rows: 2, Components: 1, ExplainedVariance: want, Reconstruction: (back - 2) / 2}) {
			t.Errorf("%v: %+v, %v", back, got, err)
		}
	}
}

// What is left of rounding is no variance, and what is too small for a share has none.
func TestDecompositionWithoutVariance(t *testing.T) {
	tenths, tiny := mat.NewDense(3, 1, []float64{0.1, 0.1, 0.1}), mat.NewDense(2, 1, []float64{0, 1e-161})
	for name, c := range map[string]struct {
		x, back *mat.Dense
		want    float64
	}{
		"back but for the last bit":  {tenths, mat.NewDense(3, 1, []float64{0.1, math.Nextafter(0.1, 1), 0.1}), 1},
		"not back":                   {tenths, mat.NewDense(3, 1, []float64{0.2, 0.1, 0.1}), 0},
		"a variance next to nothing": {tiny, mat.NewDense(2, 1, []float64{5, 5}), 0},
	} {
		got, err := metrics.NewDecomposition(c.x, c.back, 1)
		if err != nil || got.ExplainedVariance != c.want {
			t.Errorf("%s: %+v, %v, want %v", name, got, err, c.want)
		}
	}
}

func TestClusteringOfAMissingValue(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{1, 2, 3, math.NaN()})
	_, err := metrics.NewClustering(t.Context(), x, []float64{0, 1}, 2, metrics.ClusteringOptions{})
	var bad *learner.DataError
	if !errors.As(err, &bad) || bad.Row != 1 || bad.Column != 1 {
		t.Errorf("%v", err)
	}
}
