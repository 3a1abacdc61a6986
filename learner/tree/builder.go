package tree

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/gochimera/chimera/learner"
)

// grown is a node of a tree that grows.
type grown struct {
	feature     int // -1: a leaf
	left, right int // places in the list of nodes
	threshold   float64
	missingLeft bool
	decrease    float64 // of the weighted sum of impurities, as evidence.gain
	answer      int     // place among the builder's values; below 0: one class, see pureAnswer; noAnswer while the node is open
}

// noAnswer marks a node that has not been given what it predicts.
const noAnswer = -1

// pureAnswer is the answer of all nodes whose rows are of one class. They are
// the most by far in a full tree, and need not be kept one by one.
func pureAnswer(class int) int { return -2 - class }

// pending is a node that may be split.
type pending struct {
	node   int // place in the list of nodes
	lo, hi int // its rows
	depth  int
	seed   uint64  // of what is drawn in it: depends on the tree's seed and the path from the root alone
	hist   []int64 // all coded columns counted, or nil
	best   split   // once looked for
	gain   float64 // of best; see evidence
}

func (n *pending) rows() int { return n.hi - n.lo }

// builder splits nodes over the rows that it holds in node order. With I =
// uint16 it takes up to 65,536 rows, and its index arrays are half as long.
type builder[I rowID] struct {
	*plan
	rows     []uint32   // table rows
	codes    [][]uint64 // as Table.codes
	orders   [][]I      // sorted columns: places within the node
	evidence evidence

	handsOver int // rows up to which nodes are left to others, and need no histogram

	nodes  []grown
	values []float64 // answers, plan.outputs numbers each

	total, side []int64
	left        []uint8 // 1 for the rows of a node that go left
	place       []I
	spare       spare
	found       []split // by feature
	features    []int   // 0, 1, 2, ... between draws
	swaps       []int
	column      []float64   // one feature's values in a node
	own         [][]float64 // all features' values, by the rows' first places; see keepOwn
	ids         []I         // the rows' first places
	idle        [][]int64
	pcg         rand.PCG
	draw        *rand.Rand
	workers     []worker[I]
}

// worker is what one goroutine needs for itself.
type worker[I rowID] struct {
	scratch scratch
	bar     bar
	hist    []int64 // one column, zero between uses
	spare   []I
	poll    *learner.Poll
}

// scratch is room to search one column.
type scratch struct {
	prefix            prefix
	tally             tally
	left, right, keep []int64
	tree              []moment // of medians: the left side
}

func newBuilder[I rowID](ctx context.Context, p *plan, rows, procs int) *builder[I] {
	t := p.table
	b := &builder[I]{
		plan:  p,
		total: make([]int64, p.width), side: make([]int64, p.width),
		left: make([]uint8, rows), place: make([]I, rows),
		spare:    spare{sums: make([]int64, rows), ids: make([]uint32, rows)},
		found:    make([]split, len(t.columns)),
		features: make([]int, len(t.columns)),
		column:   make([]float64, rows),
		workers:  make([]worker[I], procs),
	}
	if len(t.codes) > 0 {
		b.spare.words = make([]uint64, rows)
	}
	for f := range b.features {
		b.features[f] = f
	}
	b.draw = rand.New(&b.pcg)
	for i := range b.workers {
		b.workers[i] = worker[I]{
			scratch: scratch{left: make([]int64, p.width), right: make([]int64, p.width), keep: make([]int64, p.width)},
			hist:    make([]int64, (maxCodes+1)*p.width), poll: learner.NewPoll(ctx, pollBudget),
			bar: bar{rows: t.tuning.barRows},
		}
		if len(t.orders) > 0 || p.RandomThresholds || p.inOrder() {
			b.workers[i].spare = make([]I, rows)
		}
	}
	return b
}

// add appends a node over the given rows; open says whether it may be split.
func (b *builder[I]) add(lo, hi, depth int) (node int, weight int64, open bool) {
	node = len(b.nodes)
	b.nodes = append(b.nodes, grown{feature: -1, answer: noAnswer})
	b.evidence.total(lo, hi, b.total)
	weight = b.evidence.weight(b.total)
	y := b.table.y[b.rows[lo]]
	pure := true
	for _, r := range b.rows[lo+1 : hi] {
		if b.table.y[r] != y {
			pure = false
			break
		}
	}
	switch {
	case pure && b.table.task == learner.Regression:
		b.nodes[node].answer = len(b.values)
		b.values = append(b.values, y) // to the last bit
	case pure:
		b.nodes[node].answer = pureAnswer(int(y))
	default:
		open = (b.MaxDepth == 0 || depth < b.MaxDepth) && weight >= b.minSplit
		if !open || b.CCPAlpha > 0 {
			b.answer(node)
		}
	}
	return node, weight, open
}

// answer gives a node what rows with the current total predict.
func (b *builder[I]) answer(node int) {
	if b.nodes[node].answer != noAnswer {
		return
	}
	b.nodes[node].answer = len(b.values) / b.outputs
	for range b.outputs {
		b.values = append(b.values, 0)
	}
	b.evidence.predict(b.total, b.values[len(b.values)-b.outputs:])
}

// seek finds the best split of a node and says whether there is one; if not,
// the node is a leaf.
func (b *builder[I]) seek(n *pending) (bool, error) {
	b.evidence.total(n.lo, n.hi, b.total)
	for i := range b.workers {
		b.workers[i].bar.reset()
	}
	var best split
	var err error
	switch {
	case b.draws():
		best, err = b.bestDrawn(n)
	case n.rows() == 2:
		best, err = b.bestOfPair(n)
	default:
		best, err = b.bestOfAll(n)
	}
	if err != nil {
		return false, err
	}
	gain := b.evidence.gain(b.total, best.num, best.den)
	if !best.found() || gain < b.least {
		b.answer(n.node)
		return false, nil
	}
	if n.rows() > 2 && !b.RandomThresholds {
		best.threshold = b.threshold(n, &best)
	}
	n.best, n.gain = best, gain
	return true, nil
}

// bestOfAll looks at every feature. Of equally good ones it takes the one with
// the highest lot.
func (b *builder[I]) bestOfAll(n *pending) (split, error) {
	if n.hist == nil && b.worthCounting(n.rows()) {
		n.hist = b.newHist()
		if err := b.count(n.hist, n.lo, n.hi); err != nil {
			return none, err
		}
	}
	if procs := b.procs(n.rows()); procs > 1 {
		err := each(procs, len(b.table.columns), func(worker, f int) error { return b.search(&b.workers[worker], n, f) })
		if err != nil {
			return none, err
		}
	} else if err := b.searchAll(n); err != nil {
		return none, err
	}
	best := none
	for f := range b.found {
		if !n.prefers(&b.found[f], f, &best) {
			continue
		}
		b.settle(n, f)
		if n.prefers(&b.found[f], f, &best) {
			best = b.found[f]
			best.feature = f
		}
	}
	return best, nil
}

// prefers says whether the split by a feature is to be taken in place of the best so far.
func (n *pending) prefers(s *split, feature int, best *split) bool {
	return s.beats(best) || s.found() && !best.beats(s) && n.lot(feature) > n.lot(best.feature)
}

// lot decides between features that split a node equally well, the higher one
// wins. It is drawn anew at every node, so that no feature is favoured for its
// place; scikit-learn shuffles the features to that end.
func (n *pending) lot(feature int) uint64 { return learner.Mix(n.seed + uint64(feature)) }

func (b *builder[I]) procs(rows int) int {
	if rows < b.table.tuning.manyRows {
		return 1
	}
	return len(b.workers)
}

// missing is the number of rows at the end of a sorted column that have no
// value.
func (b *builder[I]) missing(rows []uint32, order []I, f int) int {
	if !b.table.columns[f].missing {
		return 0
	}
	lo, hi := 0, len(order) // the first row without a value is in [lo, hi]
	for lo < hi {
		mid := (lo + hi) / 2
		if v := b.table.value(rows[order[mid]], f); math.IsNaN(v) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return len(order) - lo
}

// threshold is the middle between the two values that a split comes between, or
// +Inf if it only parts values from missing ones.
func (b *builder[I]) threshold(n *pending, s *split) float64 {
	c := &b.table.columns[s.feature]
	if c.coded >= 0 {
		return c.between(s.at, s.next)
	}
	if s.next < 0 {
		return math.Inf(1)
	}
	order, rows := b.orders[c.sorted][n.lo:n.hi], b.rows[n.lo:n.hi]
	return middle(b.table.value(rows[order[s.at]], s.feature), b.table.value(rows[order[s.at+1]], s.feature))
}

// between is the threshold between two codes; next is -1 if it only parts values from missing ones.
func (c *column) between(at, next int) float64 {
	switch {
	case next < 0:
		return math.Inf(1)
	case c.tops != nil:
		return middle(c.tops[at], c.values[next])
	default:
		return middle(c.values[at], c.values[next])
	}
}

// middle is the middle between a < b, brought up to the next float32 if that is
// still below b. A value that is the middle itself goes left then, also if its
// last digits are off because it was scaled or computed; b never does.
func middle(a, b float64) float64 {
	m := a/2 + b/2
	if m < a || m >= b {
		return a
	}
	short := float32(m)
	if float64(short) < m {
		short = math.Nextafter32(short, math.MaxFloat32)
	}
	if up := float64(short); m <= up && up < b {
		return up
	}
	return m
}
