package tree

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/learner"
)

// reference grows a tree as the textbook says: at every node it tries every
// split of every feature and rates it by the definition of the impurity, in
// rational numbers. All it shares with the package is middle and the draw
// between features that tie.
type reference struct {
	d    learner.Dataset
	g    Growth
	root *refNode
	all  *big.Rat // weight of all rows
}

type refNode struct {
	rows        []int
	depth       int
	seed        uint64 // as documented at pending.seed
	feature     int    // -1: a leaf
	threshold   float64
	missingLeft bool
	decrease    *big.Rat
	left, right *refNode
}

func grownByReference(d learner.Dataset, g Growth) *reference {
	r := &reference{d: d, g: g, all: new(big.Rat)}
	r.root = &refNode{seed: learner.Mix(g.Seed)}
	for i := range d.Len() {
		if d.Weight(i) > 0 {
			r.root.rows = append(r.root.rows, i)
		}
	}
	r.all = r.weight(r.root.rows)
	open := []*refNode{r.root}
	r.seek(r.root)
	for leaves := 1; len(open) > 0 && (g.MaxLeafNodes == 0 || leaves < g.MaxLeafNodes); {
		at := 0
		if g.MaxLeafNodes > 0 { // the largest gain, of equal ones the oldest
			for i, n := range open {
				if n.feature >= 0 && (open[at].feature < 0 || n.decrease.Cmp(open[at].decrease) > 0) {
					at = i
				}
			}
		}
		n := open[at]
		open = slices.Delete(open, at, at+1)
		if n.feature < 0 {
			continue
		}
		n.left = &refNode{depth: n.depth + 1, seed: learner.Mix(n.seed ^ leftSalt)}
		n.right = &refNode{depth: n.depth + 1, seed: learner.Mix(n.seed ^ rightSalt)}
		for _, i := range n.rows {
			into := n.right
			if v := d.X.At(i, n.feature); v <= n.threshold || math.IsNaN(v) && n.missingLeft {
				into = n.left
			}
			into.rows = append(into.rows, i)
		}
		r.seek(n.left)
		r.seek(n.right)
		open = append(open, n.left, n.right)
		leaves++
	}
	r.prune(r.root)
	return r
}

func rat(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }

func (r *reference) weight(rows []int) *big.Rat {
	sum := new(big.Rat)
	for _, i := range rows {
		sum.Add(sum, rat(r.d.Weight(i)))
	}
	return sum
}

// impurity is the weighted sum of impurities of rows: weight x Gini impurity,
// or the sum of squared or absolute errors.
func (r *reference) impurity(rows []int) *big.Rat {
	w := r.weight(rows)
	if w.Sign() == 0 {
		return w
	}
	if r.g.Criterion == AbsoluteError {
		median, sum := rat(medianOf(r.d, rows)), new(big.Rat)
		for _, i := range rows {
			e := new(big.Rat).Sub(rat(r.d.Y[i]), median)
			sum.Add(sum, e.Mul(e.Abs(e), rat(r.d.Weight(i))))
		}
		return sum
	}
	if r.d.Task() == learner.Regression {
		mean, sum := new(big.Rat), new(big.Rat)
		for _, i := range rows {
			mean.Add(mean, new(big.Rat).Mul(rat(r.d.Weight(i)), rat(r.d.Y[i])))
		}
		mean.Quo(mean, w)
		for _, i := range rows {
			e := new(big.Rat).Sub(rat(r.d.Y[i]), mean)
			sum.Add(sum, e.Mul(e.Mul(e, e), rat(r.d.Weight(i))))
		}
		return sum
	}
	gini := big.NewRat(1, 1)
	for k := range r.d.Classes {
		p := new(big.Rat)
		for _, i := range rows {
			if int(r.d.Y[i]) == k {
				p.Add(p, rat(r.d.Weight(i)))
			}
		}
		p.Quo(p, w)
		gini.Sub(gini, p.Mul(p, p))
	}
	return gini.Mul(gini, w)
}

// lacks says whether rows weigh less than n; up to free, n is no limit.
func (r *reference) lacks(rows []int, n, free int) bool {
	return n > free && r.weight(rows).Cmp(big.NewRat(int64(n), 1)) < 0
}

func (r *reference) pure(rows []int) bool {
	for _, i := range rows {
		if r.d.Y[i] != r.d.Y[rows[0]] {
			return false
		}
	}
	return true
}

// candidate is a way to split rows.
type candidate struct {
	feature     int
	threshold   float64
	missingLeft bool
	missing     bool
	left, right []int
}

// candidates lists the splits of rows by one feature in the order in which a
// tie is decided: missing values right, thresholds ascending, then missing
// values left.
func (r *reference) candidates(rows []int, f int) []candidate {
	var present, missing []int
	for _, i := range rows {
		if math.IsNaN(r.d.X.At(i, f)) {
			missing = append(missing, i)
		} else {
			present = append(present, i)
		}
	}
	slices.SortStableFunc(present, func(i, j int) int { return cmp.Compare(r.d.X.At(i, f), r.d.X.At(j, f)) })
	var out []candidate
	for _, left := range []bool{false, true} {
		for k := 1; k <= len(present); k++ {
			c := candidate{feature: f, threshold: math.Inf(1), missingLeft: left, missing: len(missing) > 0}
			c.left, c.right = slices.Clone(present[:k]), slices.Clone(present[k:])
			if k < len(present) {
				a, b := r.d.X.At(present[k-1], f), r.d.X.At(present[k], f)
				if a == b {
					continue
				}
				c.threshold = middle(a, b)
			}
			if left {
				c.left = append(c.left, missing...)
			} else {
				c.right = append(c.right, missing...)
			}
			if len(c.right) > 0 && !r.lacks(c.left, r.g.MinSamplesLeaf, 1) && !r.lacks(c.right, r.g.MinSamplesLeaf, 1) {
				out = append(out, c)
			}
		}
		if len(missing) == 0 {
			break
		}
	}
	return out
}

// seek decides whether and how n is split.
func (r *reference) seek(n *refNode) {
	n.feature = -1
	if r.pure(n.rows) || r.g.MaxDepth > 0 && n.depth >= r.g.MaxDepth || r.lacks(n.rows, r.g.MinSamplesSplit, 2) {
		return
	}
	_, cols := r.d.X.Dims()
	whole := r.impurity(n.rows)
	n.decrease = big.NewRat(-1, 1)
	for f := range cols {
		for _, c := range r.candidates(n.rows, f) {
			d := new(big.Rat).Sub(whole, r.impurity(c.left))
			d.Sub(d, r.impurity(c.right))
			order := d.Cmp(n.decrease)
			if order == 0 && n.feature != f { // features draw lots
				order = cmp.Compare(learner.Mix(n.seed+uint64(f)), learner.Mix(n.seed+uint64(n.feature)))
			}
			if order > 0 {
				n.decrease, n.feature, n.threshold = d, c.feature, c.threshold
				n.missingLeft = c.missingLeft || !c.missing && r.weight(c.left).Cmp(r.weight(c.right)) > 0
			}
		}
	}
	if n.feature >= 0 && n.decrease.Cmp(new(big.Rat).Mul(rat(r.g.MinImpurityDecrease), r.all)) < 0 {
		n.feature = -1
	}
}

// prune cuts the weakest link again and again, while it costs at most alpha a
// leaf saved.
func (r *reference) prune(root *refNode) {
	if r.g.CCPAlpha == 0 {
		return
	}
	for {
		var weakest *refNode
		var least *big.Rat
		var walk func(n *refNode) (saved *big.Rat, leaves int64)
		walk = func(n *refNode) (*big.Rat, int64) {
			if n.left == nil {
				return new(big.Rat), 1
			}
			ls, ll := walk(n.left)
			rs, rl := walk(n.right)
			saved := new(big.Rat).Add(n.decrease, ls.Add(ls, rs))
			link := new(big.Rat).Quo(saved, big.NewRat(ll+rl-1, 1))
			if least == nil || link.Cmp(least) < 0 {
				weakest, least = n, link
			}
			return saved, ll + rl
		}
		walk(root)
		if weakest == nil || least.Cmp(new(big.Rat).Mul(rat(r.g.CCPAlpha), r.all)) > 0 {
			return
		}
		weakest.feature, weakest.left, weakest.right = -1, nil, nil
	}
}

// values is what the rows of a leaf predict.
func (r *reference) values(rows []int) []float64 {
	out := make([]float64, max(len(r.d.Classes), 1))
	w := 0.0
	for _, i := range rows {
		w += r.d.Weight(i)
		if r.d.Task() == learner.Regression {
			out[0] += r.d.Weight(i) * r.d.Y[i]
		} else {
			out[int(r.d.Y[i])] += r.d.Weight(i)
		}
	}
	for k := range out {
		out[k] /= w
	}
	if r.g.Criterion == AbsoluteError {
		out[0] = medianOf(r.d, rows)
	}
	return out
}

// compare says where a tree differs from the reference.
func (r *reference) compare(t *testing.T, tree *Tree) {
	t.Helper()
	at := 0
	var walk func(n *refNode)
	walk = func(n *refNode) {
		if t.Failed() {
			return
		}
		if at >= len(tree.nodes) {
			t.Fatalf("the tree has %d nodes, the reference more", len(tree.nodes))
		}
		got := tree.nodes[at]
		place := at
		at++
		if n.left == nil {
			if got.kind&leafFlag == 0 {
				t.Fatalf("node %d splits feature %d at %v, want a leaf of %v", place, got.kind&maxFeature, got.threshold, n.rows)
			}
			want, have := r.values(n.rows), tree.Values(int(got.next))
			for k := range want {
				if math.Abs(want[k]-have[k]) > 1e-12*max(1, math.Abs(want[k])) {
					t.Fatalf("leaf %d predicts %v, want %v", got.next, have, want)
				}
			}
			return
		}
		if got.kind&leafFlag != 0 {
			t.Fatalf("node %d is a leaf, want a split of %v by feature %d at %v", place, n.rows, n.feature, n.threshold)
		}
		if int(got.kind&maxFeature) != n.feature || got.threshold != n.threshold || got.kind&missingLeftFlag != 0 != n.missingLeft {
			t.Fatalf("node %d of rows %v: feature %d at %v, missing left %v; want feature %d at %v, missing left %v",
				place, n.rows, got.kind&maxFeature, got.threshold, got.kind&missingLeftFlag != 0, n.feature, n.threshold, n.missingLeft)
		}
		walk(n.left)
		if int(got.next) != at {
			t.Fatalf("node %d has its right child at %d, want %d", place, got.next, at)
		}
		walk(n.right)
	}
	walk(r.root)
	if at != len(tree.nodes) {
		t.Fatalf("the tree has %d nodes, the reference %d", len(tree.nodes), at)
	}
}

func TestGrowAgainstReference(t *testing.T) {
	for _, c := range []struct {
		task      learner.Task
		criterion Criterion
	}{{learner.Classification, Gini}, {learner.Regression, SquaredError}, {learner.Regression, AbsoluteError}} {
		t.Run(string(c.criterion), func(t *testing.T) {
			for seed := range uint64(repeat.Times(400, 100)) {
				rnd := learner.NewRand(seed)
				d, g := smallSet(rnd, c.task), smallGrowth(rnd)
				g.Criterion = c.criterion
				want := grownByReference(d, g)
				for how, tuning := range hows {
					g.Procs = 1 + int(seed%2)
					table := prepared(t, d, g.Procs, tuning)
					tree, err := table.Grow(t.Context(), g)
					if err != nil {
						t.Fatal(err)
					}
					want.compare(t, tree)
					if t.Failed() {
						t.Fatalf("seed %d, %s, %+v", seed, how, g)
					}
				}
			}
		})
	}
}
