package knn_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/knn"
)

// between is the distance of two rows, as a textbook has it.
func between(p knn.Params, a, b []float64) float64 {
	var sum float64
	switch {
	case p.Metric == "cosine":
		var dot, na, nb float64
		for j := range a {
			dot += a[j] * b[j]
			na += a[j] * a[j]
			nb += b[j] * b[j]
		}
		if na == 0 && nb == 0 {
			return 0
		}
		if na == 0 || nb == 0 {
			return 1
		}
		return 1 - dot/math.Sqrt(na*nb)
	case p.Metric == "manhattan" || p.Metric == "minkowski" && p.P == 1:
		for j := range a {
			sum += math.Abs(a[j] - b[j])
		}
		return sum
	case p.Metric == "euclidean" || p.P == 2:
		for j := range a {
			sum += (a[j] - b[j]) * (a[j] - b[j])
		}
		return math.Sqrt(sum)
	}
	for j := range a {
		sum += math.Pow(math.Abs(a[j]-b[j]), p.P)
	}
	return math.Pow(sum, 1/p.P)
}

// slowly answers for one row by sorting all training rows: the target's mean,
// or each class's share.
func slowly(p knn.Params, d learner.Dataset, q []float64) (mean float64, shares []float64) {
	type row struct{ distance, weight, y float64 }
	var rows []row
	for i := range d.Len() {
		rows = append(rows, row{between(p, d.X.RawRowView(i), q), d.Weight(i), d.Y[i]})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.distance, b.distance) })
	zero := slices.ContainsFunc(rows, func(r row) bool { return r.weight > 0 && r.distance < 1e-12 })
	left := float64(p.NNeighbors)
	shares = make([]float64, len(d.Classes))
	var total float64
	for _, r := range rows {
		w := min(r.weight, left)
		left -= w
		switch {
		case p.Weights == "distance" && zero && r.distance >= 1e-12:
			w = 0
		case p.Weights == "distance" && !zero:
			w /= r.distance
		}
		total += w
		mean += w * r.y
		if d.Classes != nil {
			shares[int(r.y)] += w
		}
	}
	for c := range shares {
		shares[c] /= total
	}
	return mean / total, shares
}

// small draws a training set and rows to ask about. Few distinct values make
// many ties, whose distances are exact.
func small(rng *rand.Rand, classes int) (learner.Dataset, *mat.Dense) {
	n, cols := 1+rng.IntN(60), 1+rng.IntN(4)
	values := []int{2, 4, 1 << 20}[rng.IntN(3)]
	draw := func(rows int) *mat.Dense {
		x := mat.NewDense(rows, cols, nil)
		for i := range rows {
			for j := range cols {
				x.Set(i, j, float64(rng.IntN(values)-1))
			}
		}
		return x
	}
	d := learner.Dataset{X: draw(n), Y: make([]float64, n)}
	for c := range classes {
		d.Classes = append(d.Classes, learner.NewLabel(fmt.Sprint(c)))
	}
	for i := range d.Y {
		d.Y[i] = float64(rng.IntN(3))
	}
	switch rng.IntN(3) {
	case 1:
		d.Weights = make([]float64, n)
		for i := range d.Weights {
			d.Weights[i] = float64(rng.IntN(4))
		}
		d.Weights[rng.IntN(n)] = 1
	case 2:
		d.Weights = make([]float64, n)
		for i := range d.Weights {
			d.Weights[i] = float64(rng.IntN(3)) * rng.Float64()
		}
		d.Weights[rng.IntN(n)] = 0.3
	}
	return d, draw(5)
}

func pick[T any](rng *rand.Rand, options ...T) T { return options[rng.IntN(len(options))] }

// parameters that leave no ties to rounding: the cosine of two angles and
// powers other than 1 and 2 are only for rows that are not made of few values.
func parameters(rng *rand.Rand, exact bool) knn.Params {
	p := knn.Params{
		NNeighbors: 1 + rng.IntN(8), Weights: pick(rng, "uniform", "distance"), Algorithm: "brute", LeafSize: 1 + rng.IntN(12),
		Metric: pick(rng, "euclidean", "manhattan", "minkowski"), P: pick(rng, 1.0, 2),
	}
	if !exact && rng.IntN(2) == 0 {
		p.Metric, p.P = pick(rng, "cosine", "minkowski"), pick(rng, 1.5, 3, 50)
	}
	return p
}

// both fits brute force and a kd-tree.
func both[E learner.Estimator](t *testing.T, p knn.Params, d learner.Dataset, build func(knn.Params, learner.Env) (E, error)) (brute, tree E) {
	t.Helper()
	var models []E
	for _, p.Algorithm = range []string{"brute", "kd_tree"} {
		m, err := build(p, learner.Env{Procs: 2})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		models = append(models, m)
	}
	return models[0], models[1]
}

func TestRegressorAgainstReference(t *testing.T) {
	for seed := range uint64(3000) {
		rng := learner.NewRand(seed)
		d, x := small(rng, 0)
		p := parameters(rng, true)
		brute, tree := both(t, p, d, knn.NewRegressor)
		b, err := brute.Predict(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		k, err := tree.Predict(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			if b[i] != k[i] {
				t.Fatalf("seed %d, %+v, row %d: brute force answers %v, the tree %v", seed, p, i, b[i], k[i])
			}
			if want, _ := slowly(p, d, x.RawRowView(i)); math.Abs(want-b[i]) > 1e-12 {
				t.Fatalf("seed %d, %+v, row %d: got %v, want %v", seed, p, i, b[i], want)
			}
		}
	}
}

func TestClassifierAgainstReference(t *testing.T) {
	for seed := range uint64(3000) {
		rng := learner.NewRand(seed)
		d, x := small(rng, 3)
		distinct := rng.IntN(2) == 0
		if distinct { // no ties but of equal rows
			for _, m := range []*mat.Dense{d.X, x} {
				m.Apply(func(_, _ int, v float64) float64 { return v + rng.NormFloat64() }, m)
			}
			copy(x.RawRowView(0), d.X.RawRowView(0))
		}
		p := parameters(rng, !distinct)
		if len(d.X.RawRowView(0)) == 1 && p.Metric == "cosine" {
			p.Metric = "manhattan" // there are only two directions
		}
		brute, tree := both(t, p, d, knn.NewClassifier)
		b, err := brute.PredictProba(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		k, err := tree.PredictProba(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(b, k) {
			t.Fatalf("seed %d, %+v: brute force answers\n%v, the tree\n%v", seed, p, mat.Formatted(b), mat.Formatted(k))
		}
		rows, _ := x.Dims()
		for i := range rows {
			_, want := slowly(p, d, x.RawRowView(i))
			for c, share := range want {
				if math.Abs(share-b.At(i, c)) > 1e-7 { // 1 - cos loses half of the digits
					t.Fatalf("seed %d, %+v, row %d: got %v, want %v", seed, p, i, b.RawRowView(i), want)
				}
			}
		}
	}
}

// TestTreeEqualsBruteForce is for sets large enough for a deep tree, in rows that are
// spread in different ways.
func TestTreeEqualsBruteForce(t *testing.T) {
	for name, draw := range map[string]func(*rand.Rand) float64{
		"normal":            func(r *rand.Rand) float64 { return r.NormFloat64() },
		"few values":        func(r *rand.Rand) float64 { return float64(r.IntN(3)) },
		"all equal":         func(*rand.Rand) float64 { return 7 },
		"far from zero":     func(r *rand.Rand) float64 { return 1e9 + r.Float64() },
		"many magnitudes":   func(r *rand.Rand) float64 { return math.Exp(40 * r.NormFloat64()) },
		"near overflow":     func(r *rand.Rand) float64 { return 1.7e308 * (r.Float64() - 0.5) },
		"close to nothing":  func(r *rand.Rand) float64 { return 5e-324 * float64(r.IntN(100)) },
		"mostly one number": func(r *rand.Rand) float64 { return float64(r.IntN(20) / 19) },
	} {
		t.Run(name, func(t *testing.T) {
			rng := learner.NewRand(1)
			const n, cols = 2000, 3
			fill := func(x *mat.Dense) *mat.Dense {
				x.Apply(func(int, int, float64) float64 { return draw(rng) }, x)
				return x
			}
			d := learner.Dataset{X: fill(mat.NewDense(n, cols, nil)), Y: make([]float64, n), Weights: make([]float64, n)}
			for i := range n {
				d.Y[i], d.Weights[i] = float64(i), 2*rng.Float64()
			}
			x := fill(mat.NewDense(200, cols, nil))
			for metric, p := range map[string]float64{"euclidean": 2, "manhattan": 2, "minkowski": 3.5, "cosine": 2} {
				for _, weights := range []string{"uniform", "distance"} {
					brute, tree := both(t, knn.Params{NNeighbors: 7, Weights: weights, LeafSize: 10, Metric: metric, P: p}, d, knn.NewRegressor)
					b, err := brute.Predict(context.Background(), x)
					if err != nil {
						t.Fatal(err)
					}
					k, err := tree.Predict(context.Background(), x)
					if err != nil {
						t.Fatal(err)
					}
					for i := range b {
						if b[i] != k[i] || !(b[i] >= 0 && b[i] < n) {
							t.Fatalf("%s, %s, row %d: brute force answers %v, the tree %v", metric, weights, i, b[i], k[i])
						}
					}
				}
			}
		})
	}
}
