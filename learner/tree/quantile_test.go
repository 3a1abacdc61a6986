package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// preparedBins is prepared for the histogram splitter.
func preparedBins(t *testing.T, d learner.Dataset, bins, procs int, how tuning) *Table {
	t.Helper()
	table, err := checkedTable(d, Exact)
	if err != nil {
		t.Fatal(err)
	}
	table.tuning = how
	if err := table.useBins(bins); err != nil {
		t.Fatal(err)
	}
	if err := table.prepare(t.Context(), procs); err != nil {
		t.Fatal(err)
	}
	return table
}

// binNumbers is the data set with every value replaced by the number of its bin, straight from the definition: the
// rank of the value if there are few, else floor(bins x (weight below + own weight / 2) / weight of all).
func binNumbers(d learner.Dataset, bins int) learner.Dataset {
	rows, cols := d.X.Dims()
	out := d
	out.X = mat.NewDense(rows, cols, nil)
	for j := range cols {
		weights := map[float64]*big.Rat{}
		total := new(big.Rat)
		for i := range rows {
			v := d.X.At(i, j) + 0 // -0 is 0
			if math.IsNaN(v) || d.Weight(i) == 0 {
				continue
			}
			if weights[v] == nil {
				weights[v] = new(big.Rat)
			}
			weights[v].Add(weights[v], rat(d.Weight(i)))
			total.Add(total, rat(d.Weight(i)))
		}
		number := map[float64]float64{}
		for v, own := range weights {
			mid := new(big.Rat).Quo(own, big.NewRat(2, 1))
			lower := 0
			for u, w := range weights {
				if u < v {
					lower++
					mid.Add(mid, w)
				}
			}
			number[v] = float64(lower)
			if len(weights) > bins {
				mid.Mul(mid, big.NewRat(int64(bins), 1)).Quo(mid, total)
				number[v] = float64(new(big.Int).Quo(mid.Num(), mid.Denom()).Int64())
			}
		}
		for i := range rows {
			v := d.X.At(i, j)
			if !math.IsNaN(v) {
				v = number[v+0] // 0 for a row without weight, which no tree sees
			}
			out.X.Set(i, j, v)
		}
	}
	return out
}

// checkBinned says where a tree over bins differs from one over the bins' numbers: both have the same splits of the
// rows, and thresholds are in the middle between the greatest value of one bin and the least of another.
func checkBinned(t *testing.T, tree, numbers *Tree, d, numbered learner.Dataset) {
	t.Helper()
	if len(tree.nodes) != len(numbers.nodes) {
		t.Fatalf("%d nodes, want %d", len(tree.nodes), len(numbers.nodes))
	}
	var walk func(at int, rows []int)
	walk = func(at int, rows []int) {
		n := tree.nodes[at]
		if want := numbers.nodes[at]; n.kind != want.kind || n.next != want.next {
			t.Fatalf("node %d is %+v, want %+v", at, n, want)
		}
		if n.kind&leafFlag != 0 {
			return
		}
		f := int(n.kind & maxFeature)
		var left, right []int
		below, above := math.Inf(-1), math.Inf(1) // bins that the threshold is between
		for _, r := range rows {
			v, number := d.X.At(r, f), numbered.X.At(r, f)
			if v <= n.threshold || math.IsNaN(v) && n.kind&missingLeftFlag != 0 {
				left = append(left, r)
				below = max(below, number) // NaN where values are missing: such thresholds are not looked at
			} else {
				right = append(right, r)
				above = min(above, number)
			}
		}
		if !math.IsInf(n.threshold, 1) && !math.IsNaN(below) && !math.IsNaN(above) {
			low, high := math.Inf(-1), math.Inf(1)
			for r := range d.Len() {
				switch number := numbered.X.At(r, f); {
				case d.Weight(r) == 0:
				case number == below:
					low = max(low, d.X.At(r, f))
				case number == above:
					high = min(high, d.X.At(r, f))
				}
			}
			if want := middle(low, high); n.threshold != want {
				t.Fatalf("node %d has the threshold %v, want %v between %v and %v", at, n.threshold, want, low, high)
			}
		}
		walk(at+1, left)
		walk(int(n.next), right)
	}
	var rows []int
	for r := range d.Len() {
		if d.Weight(r) > 0 {
			rows = append(rows, r)
		}
	}
	walk(0, rows)
	for _, r := range rows {
		if got, want := tree.Find(d.X.RawRowView(r)), numbers.Find(numbered.X.RawRowView(r)); got != want {
			t.Fatalf("row %d gets answer %d, want %d", r, got, want)
		}
	}
	if !slices.Equal(tree.values, numbers.values) || !slices.Equal(tree.importances, numbers.importances) {
		t.Fatal("other answers or importances than over the bins' numbers")
	}
}

// TestBinsAgainstNumbers: the histogram splitter is the exact one over the numbers of bins, whatever the way the work
// is done.
func TestBinsAgainstNumbers(t *testing.T) {
	for _, task := range []learner.Task{learner.Classification, learner.Regression} {
		t.Run(string(task), func(t *testing.T) {
			for seed := range uint64(repeat.Times(40, 10)) {
				rnd := learner.NewRand(seed)
				d, g := wholeWeights(rnd, mixedSet(rnd, task, 20+rnd.IntN(130))), mixedGrowth(rnd, task)
				bins := 2 + rnd.IntN(40)
				numbered := binNumbers(d, bins)
				want := grown1(t, numbered, g, 1, measured)
				for how, tuning := range hows {
					g.Procs = 1 + int(seed%2)
					tree, err := preparedBins(t, d, bins, g.Procs, tuning).Grow(t.Context(), g)
					if err != nil {
						t.Fatal(err)
					}
					checkBinned(t, tree, want, d, numbered)
					if t.Failed() {
						t.Fatalf("seed %d, %s, %d bins, %+v", seed, how, bins, g)
					}
				}
			}
		})
	}
}

// wholeWeights rounds the weights up.
func wholeWeights(rnd *rand.Rand, d learner.Dataset) learner.Dataset {
	for i, w := range d.Weights {
		d.Weights[i] = math.Ceil(w)
	}
	if d.Weights != nil {
		d.Weights[rnd.IntN(d.Len())] = 1
	}
	return d
}

// TestBinnedWeightsAreRepeatedRows: to the last bit, and in any order of the rows.
func TestBinnedWeightsAreRepeatedRows(t *testing.T) {
	for _, task := range []learner.Task{learner.Classification, learner.Regression} {
		for seed := range uint64(repeat.Times(20, 6)) {
			rnd := learner.NewRand(seed)
			d, g := mixedSet(rnd, task, 20+rnd.IntN(300)), mixedGrowth(rnd, task)
			d.Weights = make([]float64, d.Len())
			var rows []int
			for i := range d.Weights {
				k := rnd.IntN(4)
				d.Weights[i] = float64(k)
				rows = append(rows, slices.Repeat([]int{i}, k)...)
			}
			rnd.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			bins := 2 + rnd.IntN(60)
			weighted, err := preparedBins(t, d, bins, 1, measured).Grow(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			d.Weights = nil
			repeated, err := preparedBins(t, d.Select(rows), bins, 2, measured).Grow(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(encoded(weighted), encoded(repeated)) {
				t.Fatalf("%s, seed %d, %d bins: weights and repeated rows give different trees", task, seed, bins)
			}
		}
	}
}

// Rows that weigh nothing in the table may weigh something in a tree: they are in the bin of the next lower value.
func TestRowsOutsideBins(t *testing.T) {
	d := noise(300, 3)
	d.Weights = make([]float64, d.Len())
	for i := range d.Weights {
		d.Weights[i] = float64(i % 2)
	}
	table := preparedBins(t, d, 7, 1, measured)
	all := make([]float64, d.Len())
	for i := range all {
		all[i] = 1
	}
	tree, err := table.Grow(t.Context(), Growth{Weights: all})
	if err != nil {
		t.Fatal(err)
	}
	if tree.Leaves() < 50 || tree.Leaves() > 7*7*7 {
		t.Errorf("%d leaves of 7 x 7 x 7 bins", tree.Leaves())
	}
	for i := range d.Len() {
		if d.Weights[i] > 0 {
			d.X.Set(i, 0, math.NaN())
		}
	}
	if tree, err = preparedBins(t, d, 7, 1, measured).Grow(t.Context(), Growth{Weights: all}); err != nil || tree.Leaves() > 2*7*7 {
		t.Errorf("a column whose values weigh nothing has more than one bin: %d leaves, error %v", tree.Leaves(), err)
	}
}

func TestMaxBins(t *testing.T) {
	for _, bins := range []int{-1, 0, 1, 256} {
		var bad *learner.ParamError
		if _, err := PrepareBins(t.Context(), noise(9, 2), Float32, bins, 1); !errors.As(err, &bad) || bad.Param != "max_bins" {
			t.Errorf("%d bins: got error %v, want one of max_bins", bins, err)
		}
	}
	if _, err := PrepareBins(t.Context(), noise(9, 2), Float32, 2, 1); err != nil {
		t.Error(err)
	}
}

// TestBinnedScores: 255 bins are as good as exact splits. Sets of up to 255 rows have no more distinct values, and
// then the trees are the same.
func TestBinnedScores(t *testing.T) {
	small := func(name string) func(*testing.T) (train, test learner.Dataset) {
		return func(t *testing.T) (train, test learner.Dataset) {
			t.Helper()
			return testdata.Load(t, name)
		}
	}
	heart := func(*testing.T) (train, test learner.Dataset) {
		d := shapes.Heart(1)
		return d.Select(span(0, 5000)), d.Select(span(5000, 15_000))
	}
	for _, c := range []struct {
		name, params string
		load         func(*testing.T) (train, test learner.Dataset)
		off          float64
	}{
		{"wine", `"max_depth": 0`, small("wine"), 0},
		{"digits", `"max_depth": 0`, small("digits"), 0},
		{"breast_cancer", `"max_depth": 0`, small("breast_cancer"), 0.02},
		{"diabetes", `"max_depth": 3`, small("diabetes"), 0.02},
		{"heart", `"max_depth": 8, "min_samples_leaf": 20`, heart, 0.02},
	} {
		t.Run(c.name, func(t *testing.T) {
			train, test := c.load(t)
			var exact, bins float64
			const seeds = 10
			for seed := range uint64(seeds) {
				exact += score(t, `{`+c.params+`}`, train, test, seed) / seeds
				bins += score(t, `{`+c.params+`, "splitter": "histogram"}`, train, test, seed) / seeds
			}
			t.Logf("exact %.4f, 255 bins %.4f", exact, bins)
			if math.Abs(exact-bins) > c.off {
				t.Errorf("score %.4f with 255 bins, %.4f with exact splits: want them within %.4f", bins, exact, c.off)
			}
		})
	}
}

func span(from, to int) []int {
	rows := make([]int, to-from)
	for i := range rows {
		rows[i] = from + i
	}
	return rows
}

// A learner's bins are those of PrepareBins.
func TestSplitterHistogram(t *testing.T) {
	train, _ := testdata.Load(t, "diabetes")
	m, err := registry.New("tree-regressor", json.RawMessage(`{"splitter": "histogram", "max_bins": 9}`), learner.Env{Seed: 4, Procs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(t.Context(), train); err != nil {
		t.Fatal(err)
	}
	table, err := PrepareBins(t.Context(), train, Float32, 9, 1)
	if err != nil {
		t.Fatal(err)
	}
	want, err := table.Grow(t.Context(), Growth{Seed: learner.Seed(4, "tree")})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encoded(m.(*Regressor).Tree()), encoded(want)) {
		t.Error("the learner grows another tree than its table")
	}
}
