package kmeans_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/kmeans"
)

// plain is Lloyd's algorithm as one would write it down: all rows to their nearest center, all centers to their means,
// until nothing changes.
func plain(x *mat.Dense, centers [][]float64) {
	rows, cols := x.Dims()
	for changed := true; changed; {
		sums, sizes := make([][]float64, len(centers)), make([]float64, len(centers))
		for i := range rows {
			nearest, least := 0, math.Inf(1)
			for c, center := range centers {
				var d float64
				for j, v := range center {
					d += (x.At(i, j) - v) * (x.At(i, j) - v)
				}
				if d < least {
					nearest, least = c, d
				}
			}
			if sums[nearest] == nil {
				sums[nearest] = make([]float64, cols)
			}
			sizes[nearest]++
			for j := range cols {
				sums[nearest][j] += x.At(i, j)
			}
		}
		changed = false
		for c, sum := range sums {
			for j := range sum {
				sum[j] /= sizes[c]
			}
			if sum != nil && !slices.EqualFunc(sum, centers[c], func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
				centers[c], changed = sum, true
			}
		}
	}
}

// blobs are rows around k points, one after the other.
func blobs(n, cols, k int, spread float64) learner.Dataset {
	rng := learner.NewRand(3)
	d := learner.Dataset{Schema: learner.Schema{Features: make([]string, cols)}, X: mat.NewDense(n, cols, nil)}
	for i := range n {
		for j := range cols {
			at := float64(i%k) * 10
			if j%2 == 1 {
				at = float64(i%k*i%k) * 5
			}
			d.X.Set(i, j, at+spread*rng.NormFloat64())
		}
	}
	return d
}

func TestAsPlainLloyd(t *testing.T) {
	for seed := range 5 {
		d := blobs(400+seed, 1+seed, 4, 6)
		first := [][]float64{mat.Row(nil, 0, d.X), mat.Row(nil, 1, d.X), mat.Row(nil, 2, d.X), mat.Row(nil, 3, d.X)}
		m := fit(t, kmeans.Params{NClusters: 4, Init: kmeans.At(first), MaxIter: 1000}, d)
		want := rowsOf(d.X, []int{0, 1, 2, 3})
		plain(d.X, want)
		for c := range want {
			for j, v := range want[c] {
				if got := m.Centers().At(c, j); math.Abs(got-v) > 1e-9 {
					t.Errorf("%d features: center %d is at %v, want %v", 1+seed, c, m.Centers().RawRowView(c), want[c])
				}
			}
		}
	}
}

// Centers that no row is nearest to go to rows that are far from theirs, so that there are as many clusters as were asked
// for.
func TestEmptyClustersAreRefilled(t *testing.T) {
	d := blobs(300, 2, 3, 0.1)
	far := [][]float64{{0, 0}, {1e6, 1e6}, {-1e6, 3}}
	m := fit(t, kmeans.Params{NClusters: 3, Init: kmeans.At(far), MaxIter: 50}, d)
	if m.Clusters() != 3 || m.Inertia() > 300 {
		t.Errorf("%d clusters, inertia %v", m.Clusters(), m.Inertia())
	}
	if c := m.Convergence(); !c.Converged || c.Iterations < 2 {
		t.Errorf("%+v", c)
	}
}

// Where rows have fewer different values than there should be clusters, there are fewer clusters, each of one value.
func TestFewDifferentRows(t *testing.T) {
	values := [][]float64{{1, 2}, {3, 4}, {3, 5}}
	d := learner.Dataset{X: mat.NewDense(600, 2, nil)}
	for i := range 600 {
		d.X.SetRow(i, values[i%3])
	}
	for seed := range uint64(20) {
		m := must(kmeans.New(kmeans.Params{NClusters: 8, MaxIter: 300}, learner.Env{Seed: seed}))
		if err := m.Fit(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		if m.Clusters() != 3 || m.Inertia() != 0 {
			t.Errorf("seed %d: %d clusters, inertia %v", seed, m.Clusters(), m.Inertia())
		}
	}
	one := learner.Dataset{X: mat.NewDense(5, 1, []float64{2, 2, 2, 2, 2})}
	if m := fit(t, kmeans.Params{NClusters: 3, MaxIter: 300}, one); m.Clusters() != 1 || m.Centers().At(0, 0) != 2 {
		t.Errorf("%d clusters at %v", m.Clusters(), m.Centers())
	}
}

func TestRefused(t *testing.T) {
	for name, p := range map[string]kmeans.Params{
		"no clusters":      {MaxIter: 1},
		"no iterations":    {NClusters: 1},
		"too few centers":  {NClusters: 3, MaxIter: 1, Init: kmeans.At([][]float64{{1}})},
		"ragged centers":   {NClusters: 2, MaxIter: 1, Init: kmeans.At([][]float64{{1}, {1, 2}})},
		"infinite centers": {NClusters: 1, MaxIter: 1, Init: kmeans.At([][]float64{{math.Inf(1)}})},
		"a huge center":    {NClusters: 1, MaxIter: 1, Init: kmeans.At([][]float64{{1e300}})},
		"a negative tol":   {NClusters: 1, MaxIter: 1, Tol: -1},
	} {
		if _, err := kmeans.New(p, learner.Env{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	m := must(kmeans.New(kmeans.Params{NClusters: 1, MaxIter: 1, Init: kmeans.At([][]float64{{1, 2}})}, learner.Env{}))
	if err := m.Fit(context.Background(), blobs(10, 3, 1, 1)); err == nil {
		t.Error("centers of another width: no error")
	}
}

// TestTinyWeights: weights that are too small to be told apart are an error that says so.
func TestTinyWeights(t *testing.T) {
	m := must(kmeans.New(kmeans.Params{NClusters: 1, MaxIter: 1}, learner.Env{}))
	d := blobs(10, 2, 1, 1)
	d.Weights = slices.Repeat([]float64{1e-310}, d.Len())
	var bad *learner.DataError
	if err := m.Fit(context.Background(), d); !errors.As(err, &bad) || bad.Name != "weight" {
		t.Errorf("%v", err)
	}
}
