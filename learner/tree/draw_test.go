package tree

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// rootOf grows a stump and returns its split.
func rootOf(t *testing.T, table *Table, g Growth) node {
	t.Helper()
	g.MaxDepth = 1
	tree, err := table.Grow(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return tree.nodes[0]
}

// noise is data whose target has nothing to do with its columns.
func noise(n, cols int) learner.Dataset {
	rnd := learner.NewRand(11)
	d := learner.Dataset{X: mat.NewDense(n, cols, nil), Y: make([]float64, n)}
	for i := range n {
		for j := range cols {
			d.X.Set(i, j, rnd.Float64())
		}
		d.Y[i] = rnd.NormFloat64()
	}
	return d
}

func TestFeaturesAreDrawnEvenly(t *testing.T) {
	const cols, seeds = 5, 2000
	table := prepared(t, noise(50, cols), 1, measured)
	times := make([]int, cols)
	for seed := range uint64(seeds) {
		times[rootOf(t, table, Growth{MaxFeatures: 1, Seed: seed}).kind&maxFeature]++
	}
	for f, n := range times { // 400 expected, standard deviation 18
		if n < 320 || n > 480 {
			t.Errorf("feature %d is drawn %d times of %d, want about %d", f, n, seeds, seeds/cols)
		}
	}
}

// TestTiesAreDrawnEvenly: five copies of one column are equally good.
func TestTiesAreDrawnEvenly(t *testing.T) {
	const cols, seeds = 5, 2000
	d := noise(50, cols)
	for i := range d.Len() {
		for j := range cols {
			d.X.Set(i, j, d.X.At(i, 0)*float64(1-2*(j%2))) // every other one mirrored
		}
	}
	for _, g := range []Growth{{}, {MaxFeatures: 4}} {
		table := prepared(t, d, 1, measured)
		times := make([]int, cols)
		for seed := range uint64(seeds) {
			g.Seed = seed
			times[rootOf(t, table, g).kind&maxFeature]++
		}
		for f, n := range times {
			if n < 320 || n > 480 {
				t.Errorf("max_features %d: feature %d wins %d times of %d, want about %d", g.MaxFeatures, f, n, seeds, seeds/cols)
			}
		}
	}
}

// TestDrawGoesOnPastConstants: one feature is drawn, and if it cannot split the
// node, another.
func TestDrawGoesOnPastConstants(t *testing.T) {
	d := noise(30, 6)
	for i := range d.Len() {
		for j := range 6 {
			if j != 4 {
				d.X.Set(i, j, 3)
			}
		}
	}
	for _, random := range []bool{false, true} {
		table := prepared(t, d, 1, measured)
		for seed := range uint64(50) {
			n := rootOf(t, table, Growth{MaxFeatures: 1, Seed: seed, RandomThresholds: random})
			if n.kind&leafFlag != 0 || n.kind&maxFeature != 4 {
				t.Fatalf("seed %d, random thresholds %v: the root is not split by the only feature that can", seed, random)
			}
		}
	}
}

func TestRandomThresholdsAreEven(t *testing.T) {
	d := oneColumn([]float64{2, 2.1, 3, 4}, []float64{0, 1, 0, 1})
	table, err := PrepareRandom(t.Context(), d, Exact)
	if err != nil {
		t.Fatal(err)
	}
	const seeds = 4000
	var sum, squares float64
	for seed := range uint64(seeds) {
		n := rootOf(t, table, Growth{RandomThresholds: true, Seed: seed})
		if n.threshold < 2 || n.threshold >= 4 {
			t.Fatalf("threshold %v is not in [2, 4)", n.threshold)
		}
		sum += n.threshold
		squares += n.threshold * n.threshold
	}
	mean := sum / seeds
	if sd := math.Sqrt(squares/seeds - mean*mean); math.Abs(mean-3) > 0.03 || math.Abs(sd-2/math.Sqrt(12)) > 0.02 {
		t.Errorf("thresholds have mean %v and standard deviation %v; evenly drawn ones 3 and 0.577", mean, sd)
	}
}

// TestRandomTreesAreTrees: every training row ends in a leaf that speaks for
// it, missing values included.
func TestRandomTreesAreTrees(t *testing.T) {
	for seed := range uint64(40) {
		rnd := learner.NewRand(seed)
		d := mixedSet(rnd, learner.Regression, 50+rnd.IntN(300))
		random, err := PrepareRandom(t.Context(), d, Exact)
		if err != nil {
			t.Fatal(err)
		}
		g := Growth{RandomThresholds: true, MaxFeatures: 3, Seed: seed}
		tree, err := random.Grow(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range d.Y {
			if d.Weight(i) > 0 {
				if got := tree.Values(tree.Find(d.X.RawRowView(i)))[0]; got != y {
					t.Fatalf("seed %d: row %d: %v, want its own target %v", seed, i, got, y)
				}
			}
		}
		other := prepared(t, d, 1, tuning{maxCodes: 9, smallRows: 10, manyRows: 10, countFactor: 1})
		again, err := other.Grow(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		if string(encoded(again)) != string(encoded(tree)) {
			t.Fatalf("seed %d: a table of sorted columns grows another random tree", seed)
		}
	}
}

func TestGrowRefuses(t *testing.T) {
	d := oneColumn([]float64{1, 2, 3}, []float64{0, 1, 1})
	table := prepared(t, d, 1, measured)
	random, err := PrepareRandom(t.Context(), d, Exact)
	if err != nil {
		t.Fatal(err)
	}
	var bad *learner.ParamError
	var data *learner.DataError
	for _, c := range []struct {
		name  string
		table *Table
		g     Growth
		want  any
	}{
		{"criterion of the other task", table, Growth{Criterion: Gini}, &bad},
		{"unknown criterion", table, Growth{Criterion: "friedman_mse"}, &bad},
		{"negative depth", table, Growth{MaxDepth: -1}, &bad},
		{"negative split", table, Growth{MinSamplesSplit: -1}, &bad},
		{"negative leaf", table, Growth{MinSamplesLeaf: -1}, &bad},
		{"negative leaves", table, Growth{MaxLeafNodes: -1}, &bad},
		{"negative features", table, Growth{MaxFeatures: -1}, &bad},
		{"negative decrease", table, Growth{MinImpurityDecrease: -1}, &bad},
		{"alpha is no number", table, Growth{CCPAlpha: math.NaN()}, &bad},
		{"too few weights", table, Growth{Weights: []float64{1}}, &data},
		{"negative weight", table, Growth{Weights: []float64{1, -1, 1}}, &data},
		{"endless weight", table, Growth{Weights: []float64{1, math.Inf(1), 1}}, &data},
		{"no weight", table, Growth{Weights: []float64{0, 0, 0}}, &data},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := c.table.Grow(t.Context(), c.g); !errors.As(err, c.want) {
				t.Errorf("got error %v, want a %T", err, c.want)
			}
		})
	}
	if _, err := random.Grow(t.Context(), Growth{}); !errors.Is(err, ErrUnprepared) {
		t.Errorf("exact splits without order: got error %v, want ErrUnprepared", err)
	}
}

// TestPoissonRefuses negative targets, and names the row.
func TestPoissonRefuses(t *testing.T) {
	d := noise(20, 2)
	for i := range d.Y {
		d.Y[i] = float64(i % 3)
	}
	d.Classes = nil
	d.Y[7] = -1
	var bad *learner.DataError
	if _, err := prepared(t, d, 1, measured).Grow(t.Context(), Growth{Criterion: Poisson}); !errors.As(err, &bad) || bad.Row != 7 {
		t.Errorf("got error %v, want one of row 7", err)
	}
	d.Weights = make([]float64, d.Len())
	for i := range d.Weights {
		d.Weights[i] = 1
	}
	d.Weights[7] = 0
	if _, err := prepared(t, d, 1, measured).Grow(t.Context(), Growth{Criterion: Poisson}); err != nil {
		t.Errorf("a row without weight: %v", err)
	}
}
