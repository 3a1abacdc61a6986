package kmeans_test

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
	"github.com/gochimera/chimera/learner/kmeans"
)

// must is for what works.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func fit(t *testing.T, p kmeans.Params, d learner.Dataset) *kmeans.KMeans {
	t.Helper()
	m := must(kmeans.New(p, learner.Env{Seed: 1, Procs: 1}))
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

func rowsOf(x *mat.Dense, at []int) [][]float64 {
	var rows [][]float64
	for _, i := range at {
		rows = append(rows, mat.Row(nil, i, x))
	}
	return rows
}

// near reports whether two numbers agree to within 1e-8 of their size.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-8*max(1, math.Abs(a)) }

// From equal centers, the same centers after the same number of iterations as scikit-learn; testdata/truth.py made the
// numbers.
func TestAsScikitLearn(t *testing.T) {
	var cases []struct {
		Set        string      `json:"set"`
		First      []int       `json:"first"`
		Tol        float64     `json:"tol"`
		Weighted   bool        `json:"weighted"`
		MaxIter    int         `json:"max_iter"`
		Iterations int         `json:"iterations"`
		Inertia    float64     `json:"inertia"`
		Centers    [][]float64 `json:"centers"`
		Sizes      []int       `json:"sizes"`
	}
	if err := json.Unmarshal(must(os.ReadFile("testdata/truth.json")), &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 8 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s in %d", c.Set, len(c.First)), func(t *testing.T) {
			train, _ := testdata.Load(t, c.Set)
			if c.Weighted {
				train.Weights = make([]float64, train.Len())
				for i := range train.Weights {
					train.Weights[i] = 1 + float64(i%4)/2
				}
			}
			m := fit(t, kmeans.Params{NClusters: len(c.First), Init: kmeans.At(rowsOf(train.X, c.First)), MaxIter: c.MaxIter, Tol: c.Tol}, train)
			if m.Iterations() != c.Iterations {
				t.Errorf("%d iterations, want %d", m.Iterations(), c.Iterations)
			}
			if !near(c.Inertia, m.Inertia()) {
				t.Errorf("inertia %v, want %v", m.Inertia(), c.Inertia)
			}
			centers := m.Centers()
			for i, want := range c.Centers {
				for j, v := range want {
					if !near(v, centers.At(i, j)) {
						t.Fatalf("center %d, feature %d: %v, want %v", i, j, centers.At(i, j), v)
					}
				}
			}
			sizes := make([]int, len(c.Sizes))
			for _, at := range must(m.Predict(context.Background(), train.X)) {
				sizes[int(at)]++
			}
			if fmt.Sprint(sizes) != fmt.Sprint(c.Sizes) {
				t.Errorf("clusters of %v rows, want %v", sizes, c.Sizes)
			}
		})
	}
}

// The centers that k-means|| draws are as good as the best of scikit-learn's: the mean inertia over seeds is within the
// range of its k-means++ with one start (1.2.1, 50 seeds each, the training rows).
func TestParallelStartsAreGood(t *testing.T) {
	for _, c := range []struct {
		set         string
		clusters    int
		least, most float64 // of scikit-learn's
	}{
		{"iris", 3, 59.5851, 116.366},
		{"iris", 8, 22.0259, 28.0884},
		{"wine", 8, 212885, 305836},
		{"digits", 10, 865022, 907208},
		{"digits", 40, 562125, 583099},
		{"diabetes", 8, 3.52761, 3.67086},
	} {
		train, _ := testdata.Load(t, c.set)
		const seeds = 4
		var mean float64
		for seed := range uint64(seeds) {
			m := must(kmeans.New(kmeans.Params{NClusters: c.clusters, MaxIter: 300, Tol: 1e-4}, learner.Env{Seed: seed, Procs: 1}))
			if err := m.Fit(context.Background(), train); err != nil {
				t.Fatal(err)
			}
			if m.Clusters() != c.clusters {
				t.Errorf("%s: %d clusters, want %d", c.set, m.Clusters(), c.clusters)
			}
			mean += m.Inertia() / seeds
		}
		t.Logf("%s in %d: mean inertia %.5g, scikit-learn's are %.5g to %.5g", c.set, c.clusters, mean, c.least, c.most)
		if mean < c.least*(1-1e-3) || mean > c.most {
			t.Errorf("%s in %d: mean inertia %v, scikit-learn's are %v to %v", c.set, c.clusters, mean, c.least, c.most)
		}
	}
}
