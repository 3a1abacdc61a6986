package tree

import (
	"bytes"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
)

// encoded is a tree to the last bit.
func encoded(t *Tree) []byte {
	w := snapshot.NewWriter("test", 1)
	t.Write(w)
	return w.Seal()
}

// TestAllWaysGiveOneTree: coded or sorted, counted or not, in large arrays or
// in small ones, with one thread or three: the same bits.
func TestAllWaysGiveOneTree(t *testing.T) {
	ways := map[string]tuning{
		"coded, counted, small subtrees": {maxCodes: 255, smallRows: 20, manyRows: 30, countFactor: 0},
		"some sorted, large subtrees":    {maxCodes: 30, smallRows: 1 << 16, manyRows: 1, countFactor: 1},
		"all sorted, small subtrees":     {maxCodes: 0, smallRows: 30, manyRows: 60, countFactor: 1},
		"all sorted, no bar":             {maxCodes: 0, smallRows: 30, manyRows: 60, countFactor: 1, barRows: 1 << 30},
		"all sorted, no subtrees":        {maxCodes: 0, smallRows: 1, manyRows: 1, countFactor: 1},
	}
	for _, task := range []learner.Task{learner.Classification, learner.Regression} {
		t.Run(string(task), func(t *testing.T) {
			for seed := range uint64(repeat.Times(20, 6)) {
				rnd := learner.NewRand(seed)
				d, g := mixedSet(rnd, task, 100+rnd.IntN(500)), mixedGrowth(rnd, task)
				want := grown1(t, d, g, 1, measured)
				for way, tuning := range ways {
					for _, procs := range []int{1, 3} {
						if !bytes.Equal(encoded(grown1(t, d, g, procs, tuning)), encoded(want)) {
							t.Fatalf("seed %d, %s, %d threads, %+v: another tree", seed, way, procs, g)
						}
					}
				}
			}
		})
	}
}

// TestBarTakesNothing: candidates that are passed over would not have been taken, also where values are merged, and
// a column's best split may not be taken.
func TestBarTakesNothing(t *testing.T) {
	for _, task := range []learner.Task{learner.Classification, learner.Regression} {
		for seed := range uint64(repeat.Times(40, 10)) {
			rnd := learner.NewRand(seed)
			d := blurred(rnd, mixedSet(rnd, task, 100+rnd.IntN(200)))
			d.Weights = nil
			if task == learner.Classification { // of two, so that a row adds a number
				d.Classes = d.Classes[:2]
				for i, y := range d.Y {
					d.Y[i] = min(y, 1)
				}
			}
			g := Growth{Seed: seed, MaxFeatures: rnd.IntN(2) * 4, MinSamplesLeaf: 1 + rnd.IntN(3)}
			var want []byte
			for _, least := range []int{1 << 30, 0, 32} {
				table, err := checkedTable(d, Float32)
				if err != nil {
					t.Fatal(err)
				}
				table.tuning = tuning{maxCodes: 0, smallRows: 50, manyRows: 1 << 20, countFactor: 1, barRows: least}
				if err := table.prepare(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				tree, err := table.Grow(t.Context(), g)
				if err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = encoded(tree)
				}
				if !bytes.Equal(encoded(tree), want) {
					t.Fatalf("%s, seed %d: another tree with a bar from %d rows on", task, seed, least)
				}
			}
		}
	}
}

func grown1(t *testing.T, d learner.Dataset, g Growth, procs int, how tuning) *Tree {
	t.Helper()
	g.Procs = procs
	tree, err := prepared(t, d, procs, how).Grow(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestThreadsDoNotMatter uses the real thresholds for going parallel.
func TestThreadsDoNotMatter(t *testing.T) {
	old := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(old)
	for _, task := range []learner.Task{learner.Classification, learner.Regression} {
		d := mixedSet(learner.NewRand(7), task, 2*measured.manyRows)
		d.Weights = nil
		want := grown1(t, d, Growth{}, 1, measured)
		for _, procs := range []int{2, 5} {
			runtime.GOMAXPROCS(procs)
			if !bytes.Equal(encoded(grown1(t, d, Growth{}, procs, measured)), encoded(want)) {
				t.Errorf("%s: %d threads grow another tree", task, procs)
			}
		}
	}
}

// TestTreesShareATable grows trees at the same time and one by one.
func TestTreesShareATable(t *testing.T) {
	d := mixedSet(learner.NewRand(3), learner.Classification, 800)
	table := prepared(t, d, 2, measured)
	grow := func(i int) []byte {
		rnd := learner.NewRand(uint64(i))
		g := Growth{Seed: uint64(i), MaxFeatures: 3, RandomThresholds: i%2 == 0, Weights: make([]float64, d.Len())}
		for range d.Len() {
			g.Weights[rnd.IntN(d.Len())]++
		}
		tree, err := table.Grow(t.Context(), g)
		if err != nil {
			t.Error(err)
			return nil
		}
		return encoded(tree)
	}
	together := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range together {
		wg.Go(func() { together[i] = grow(i) })
	}
	wg.Wait()
	for i := range together {
		if !bytes.Equal(together[i], grow(i)) {
			t.Errorf("tree %d is another one when trees grow at the same time", i)
		}
	}
}

// TestWeightsAreRepeatedRows: to the last bit, for whole weights, whatever the
// rules.
func TestWeightsAreRepeatedRows(t *testing.T) {
	for _, task := range []learner.Task{learner.Classification, learner.Regression} {
		t.Run(string(task), func(t *testing.T) {
			for seed := range uint64(repeat.Times(40, 10)) {
				rnd := learner.NewRand(seed)
				d, g := mixedSet(rnd, task, 20+rnd.IntN(200)), mixedGrowth(rnd, task)
				g.MinSamplesSplit, g.MinSamplesLeaf, g.CCPAlpha = 2+rnd.IntN(9), 1+rnd.IntN(5), rnd.Float64()/100
				d.Weights = make([]float64, d.Len())
				var rows []int
				for i := range d.Weights {
					k := rnd.IntN(4)
					d.Weights[i] = float64(k)
					rows = append(rows, slices.Repeat([]int{i}, k)...)
				}
				weighted := grown1(t, d, g, 1, measured)
				d.Weights = nil
				if repeated := grown1(t, d.Select(rows), g, 1, measured); !bytes.Equal(encoded(weighted), encoded(repeated)) {
					t.Fatalf("seed %d, %+v: weights and repeated rows give different trees", seed, g)
				}
			}
		})
	}
}

// TestWeightsScale: all weights times a power of two are the same weights, as
// long as nothing is counted in rows.
func TestWeightsScale(t *testing.T) {
	for _, task := range []learner.Task{learner.Classification, learner.Regression} {
		d := mixedSet(learner.NewRand(5), task, 300)
		d.Weights = make([]float64, d.Len())
		rnd := learner.NewRand(6)
		for i := range d.Weights {
			d.Weights[i] = rnd.ExpFloat64()
		}
		want := grown1(t, d, Growth{}, 1, measured)
		for _, exp := range []int{-1060, -40, 7, 1000, 1010} {
			scaled := d
			scaled.Weights = slices.Clone(d.Weights)
			for i := range scaled.Weights {
				scaled.Weights[i] = math.Ldexp(scaled.Weights[i], exp)
			}
			got := grown1(t, scaled, Growth{}, 1, measured)
			if exp > -1000 && !bytes.Equal(encoded(got), encoded(want)) {
				t.Errorf("%s: weights times 2^%d give another tree", task, exp)
			}
			if got.Leaves() < want.Leaves()/2 { // the smallest weights lose bits
				t.Errorf("%s: weights times 2^%d give %d leaves, not about %d", task, exp, got.Leaves(), want.Leaves())
			}
		}
	}
}
