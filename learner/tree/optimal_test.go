package tree

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// impurityOf is the weighted sum of impurities of rows by the definition, in
// plain floating point.
func impurityOf(d learner.Dataset, criterion Criterion, rows []int) float64 {
	w, mean := 0.0, 0.0
	shares := make([]float64, len(d.Classes))
	for _, i := range rows {
		w += d.Weight(i)
		mean += d.Weight(i) * d.Y[i]
		if d.Classes != nil {
			shares[int(d.Y[i])] += d.Weight(i)
		}
	}
	if w == 0 {
		return 0
	}
	mean /= w
	sum := 0.0
	switch criterion {
	case SquaredError:
		for _, i := range rows {
			sum += d.Weight(i) * (d.Y[i] - mean) * (d.Y[i] - mean)
		}
	case AbsoluteError:
		median := medianOf(d, rows)
		for _, i := range rows {
			sum += d.Weight(i) * math.Abs(d.Y[i]-median)
		}
	case Poisson:
		for _, i := range rows {
			sum += d.Weight(i) * (mean - d.Y[i])
			if d.Y[i] > 0 {
				sum += d.Weight(i) * d.Y[i] * math.Log(d.Y[i]/mean)
			}
		}
	case Entropy:
		for _, s := range shares {
			if s > 0 {
				sum -= s * math.Log2(s/w)
			}
		}
	default:
		sum = w
		for _, s := range shares {
			sum -= s * s / w
		}
	}
	return sum
}

// medianOf is the weighted median: the middle between the least targets with at least, and with more than, half of the
// weight up to them.
func medianOf(d learner.Dataset, rows []int) float64 {
	rows = slices.SortedFunc(slices.Values(rows), func(i, j int) int { return cmp.Compare(d.Y[i], d.Y[j]) })
	whole := 0.0
	for _, i := range rows {
		whole += d.Weight(i)
	}
	low, up := math.NaN(), 0.0
	for _, i := range rows {
		up += d.Weight(i)
		if 2*up >= whole && math.IsNaN(low) {
			low = d.Y[i]
		}
		if 2*up > whole {
			return low/2 + d.Y[i]/2
		}
	}
	return low
}

// counted makes counts of the targets, of which some are 0, for the Poisson deviance.
func counted(d learner.Dataset) learner.Dataset {
	for i, y := range d.Y {
		d.Y[i] = max(math.Floor(y), 0)
	}
	return d
}

// TestSplitsAreOptimal rates every split of every node by the definition of the
// impurity: none may be better than the one taken, and a node is a leaf only if
// it has to be.
func TestSplitsAreOptimal(t *testing.T) {
	for _, c := range []struct {
		name      string
		task      learner.Task
		criterion Criterion
	}{
		{"gini", learner.Classification, Gini},
		{"entropy", learner.Classification, Entropy},
		{"squared error", learner.Regression, SquaredError},
		{"absolute error", learner.Regression, AbsoluteError},
		{"poisson", learner.Regression, Poisson},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(12) {
				rnd := learner.NewRand(seed)
				d := mixedSet(rnd, c.task, 40+rnd.IntN(60))
				if c.criterion == Poisson {
					d = counted(d)
				}
				g := Growth{Criterion: c.criterion, Seed: seed}
				if d.Weights == nil { // else a sum may miss a limit by rounding
					g.MinSamplesLeaf = 1 + rnd.IntN(3)
				}
				tree := grown1(t, d, g, 1, measured)
				r := &reference{d: d, g: g}
				var rows []int
				for i := range d.Len() {
					if d.Weight(i) > 0 {
						rows = append(rows, i)
					}
				}
				at := 0
				var walk func(rows []int)
				walk = func(rows []int) {
					n := tree.nodes[at]
					at++
					whole := impurityOf(d, c.criterion, rows)
					best, taken := -1.0, -1.0
					var left, right []int
					for f := range tree.features {
						for _, s := range r.candidates(rows, f) {
							if c.criterion == Poisson && (allZero(d, s.left) || allZero(d, s.right)) {
								continue
							}
							gain := whole - impurityOf(d, c.criterion, s.left) - impurityOf(d, c.criterion, s.right)
							best = max(best, gain)
							if n.kind&leafFlag == 0 && f == int(n.kind&maxFeature) && s.threshold == n.threshold &&
								(!s.missing || s.missingLeft == (n.kind&missingLeftFlag != 0)) {
								taken, left, right = gain, s.left, s.right
							}
						}
					}
					if n.kind&leafFlag != 0 {
						if !r.pure(rows) && best >= 0 {
							t.Fatalf("seed %d: node %d is a leaf of %d rows that could be split", seed, at-1, len(rows))
						}
						want := r.values(rows)
						if c.criterion == AbsoluteError {
							want[0] = medianOf(d, rows)
						}
						for k, v := range tree.Values(int(n.next)) {
							if math.Abs(v-want[k]) > 1e-12*max(1, math.Abs(want[k])) {
								t.Fatalf("seed %d: leaf %d predicts %v, want %v", seed, n.next, v, want[k])
							}
						}
						return
					}
					if taken < best-1e-9*max(1, whole) || left == nil {
						t.Fatalf("seed %d: node %d gains %v, the best split %v", seed, at-1, taken, best)
					}
					walk(left)
					walk(right)
				}
				walk(rows)
			}
		})
	}
}

func allZero(d learner.Dataset, rows []int) bool {
	return !slices.ContainsFunc(rows, func(i int) bool { return d.Y[i] > 0 })
}

// oneColumn makes a data set of one feature.
func oneColumn(x, y []float64, classes ...learner.Label) learner.Dataset {
	return learner.Dataset{Schema: learner.Schema{Classes: classes}, X: mat.NewDense(len(x), 1, x), Y: y}
}

func TestKnownTrees(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name string
		d    learner.Dataset
		g    Growth
		ask  []float64 // values of the one feature
		want []float64 // first number of the leaf
	}{
		{"one row", oneColumn([]float64{3}, []float64{5}), Growth{}, []float64{-1, nan}, []float64{5, 5}},
		{"one target", oneColumn([]float64{1, 2, 3}, []float64{0.1, 0.1, 0.1}), Growth{}, []float64{2.5}, []float64{0.1}},
		{"a step", oneColumn([]float64{1, 2, 3, 4}, []float64{0, 0, 1, 1}), Growth{}, []float64{2.5, 2.6}, []float64{0, 1}},
		{"equal rows that disagree", oneColumn([]float64{1, 1, 1, 1}, []float64{0, 0, 0, 1}, "a", "b"), Growth{}, []float64{1}, []float64{0.75}},
		{"missing is informative", oneColumn([]float64{nan, 1, nan, 2}, []float64{9, 1, 9, 1}), Growth{}, []float64{nan, 1.5, 77}, []float64{9, 1, 1}},
		{"missing goes with the small", oneColumn([]float64{nan, 1, 2, 8, 9}, []float64{0, 0, 0, 5, 5}), Growth{}, []float64{nan}, []float64{0}},
		{"missing goes with the large", oneColumn([]float64{nan, 1, 2, 8, 9}, []float64{5, 0, 0, 5, 5}), Growth{}, []float64{nan}, []float64{5}},
		{"missing never seen goes with the many", oneColumn([]float64{1, 7, 8, 9}, []float64{0, 5, 5, 5}), Growth{}, []float64{nan}, []float64{5}},
		{"missing never seen, equal sides: right", oneColumn([]float64{1, 9}, []float64{0, 5}), Growth{}, []float64{nan}, []float64{5}},
		{"all missing", oneColumn([]float64{nan, nan}, []float64{0, 5}), Growth{}, []float64{nan, 3}, []float64{2.5, 2.5}},
		{"weight 0 is absent", learner.Dataset{X: mat.NewDense(3, 1, []float64{1, 2, 3}), Y: []float64{4, 99, 6}, Weights: []float64{1, 0, 1}}, Growth{},
			[]float64{1.9, 2.1}, []float64{4, 6}},
		{"alternating targets", oneColumn([]float64{1, 2, 3, 4, 5, 6}, []float64{0, 1, 0, 1, 0, 1}), Growth{}, []float64{1, 2, 3, 4, 5, 6},
			[]float64{0, 1, 0, 1, 0, 1}},
		{"neighbouring numbers", oneColumn([]float64{1, math.Nextafter(1, 2)}, []float64{0, 1}), Growth{}, []float64{1, math.Nextafter(1, 2)}, []float64{0, 1}},
		{"the smallest numbers", oneColumn([]float64{-5e-324, 0, 5e-324}, []float64{0, 1, 2}), Growth{}, []float64{-5e-324, math.Copysign(0, -1), 5e-324},
			[]float64{0, 1, 2}},
		{"the largest numbers", oneColumn([]float64{-math.MaxFloat64, math.MaxFloat64}, []float64{-math.MaxFloat64, math.MaxFloat64}), Growth{},
			[]float64{-1, 1}, []float64{-math.MaxFloat64, math.MaxFloat64}},
		{"large targets close together", oneColumn([]float64{1, 2, 3, 4}, []float64{1e12, 1e12, 1e12 + 1, 1e12 + 1}), Growth{MaxDepth: 1}, []float64{1, 4},
			[]float64{1e12, 1e12 + 1}},
		{"tiny targets", oneColumn([]float64{1, 2, 3, 4}, []float64{0, 0, 5e-324, 5e-324}), Growth{}, []float64{2, 3}, []float64{0, 5e-324}},
		{"a middle spoilt by rounding", oneColumn([]float64{0.1, 0.2}, []float64{0, 1}), Growth{}, []float64{0.15000000000000005}, []float64{0}},
	} {
		for how, tuning := range hows {
			t.Run(c.name+"/"+how, func(t *testing.T) {
				tree := grown1(t, c.d, c.g, 1, tuning)
				for i, v := range c.ask {
					if got := tree.Values(tree.Find([]float64{v}))[0]; got != c.want[i] {
						t.Errorf("at %v: %v, want %v", v, got, c.want[i])
					}
				}
			})
		}
	}
}

// TestExclusiveOr: no single split gains anything, yet a full tree learns it.
func TestExclusiveOr(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"0", "1"}},
		X:      mat.NewDense(4, 2, []float64{0, 0, 0, 1, 1, 0, 1, 1}), Y: []float64{0, 1, 1, 0},
	}
	tree := grown1(t, d, Growth{}, 1, measured)
	for i, y := range d.Y {
		if got := likeliest(tree.Values(tree.Find(d.X.RawRowView(i)))); got != int(y) {
			t.Errorf("row %d: class %d, want %v", i, got, y)
		}
	}
	if tree.Leaves() != 4 || tree.Depth() != 2 {
		t.Errorf("%d leaves, depth %d; want 4 and 2", tree.Leaves(), tree.Depth())
	}
	if got := grown1(t, d, Growth{CCPAlpha: 0.3}, 1, measured).Leaves(); got != 1 {
		t.Errorf("a leaf that costs more than it gains: %d leaves, want 1", got)
	}
}

// TestImportances against shares computed by hand.
func TestImportances(t *testing.T) {
	// Targets 0 1 4 5: around their mean 2.5 the squares add up to 17. The
	// first feature parts {0, 1} from {4, 5} and takes 16, the second then
	// parts both pairs and takes 1/2 each.
	d := learner.Dataset{X: mat.NewDense(4, 3, []float64{0, 0, 7, 0, 1, 7, 1, 0, 7, 1, 1, 7}), Y: []float64{0, 1, 4, 5}}
	got := grown1(t, d, Growth{}, 1, measured).Importances()
	for f, want := range []float64{16.0 / 17, 1.0 / 17, 0} {
		if math.Abs(got[f]-want) > 1e-15 {
			t.Errorf("feature %d: %v, want %v", f, got[f], want)
		}
	}
}
