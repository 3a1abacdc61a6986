package tree

import (
	"cmp"
	"math"
	"slices"
)

// medians is the evidence for a number as the target whose impurity is the mean absolute deviation from the median.
//
// Of a set of rows with targets y, weights w and the lower median m, which is the least target with at least half of
// the weight at or below it, the weighted sum of absolute errors is
//
//	sum of w y from m on - sum of w y below m + m (weight below m - weight from m on)
//
// so a tree of sums over the ranks of a node's targets (Fenwick 1994, A new data structure for cumulative frequency
// tables) answers it in O(log rows), whichever rows are in it. A candidate costs one row more in the tree of the left
// side and two walks down: the right side is what all rows have beyond the left one. All sums are integers, so a loss
// depends on the set of rows alone.
type medians struct {
	sums
	rank    []uint32  // of each row's target among targets
	targets []float64 // distinct, ascending
	fixed   []float64 // targets, centred, in units of s
	order   []uint32  // places within the node, by ascending target

	// Of the node whose total was asked for last.
	local []uint32 // each row's rank among the node's distinct targets
	ranks []uint32 // the ranks that those have among all
	all   []moment // tree of all rows: see moments.add

	spare []uint32
	tree  []moment // of side
}

func newMedians(t *Table, rows []uint32, w *fixed) *medians {
	e := &medians{sums: *newSums(t, rows, w), rank: make([]uint32, len(rows)), order: make([]uint32, len(rows))}
	for i := range e.order {
		e.order[i] = uint32(i)
	}
	slices.SortFunc(e.order, func(i, j uint32) int { return cmp.Compare(t.y[rows[i]], t.y[rows[j]]) })
	for _, at := range e.order {
		y := t.y[rows[at]] + 0 // -0 is 0
		if n := len(e.targets); n == 0 || y != e.targets[n-1] {
			v := math.Ldexp(y-e.centre, e.exp-e.wexp)
			if w.whole && w.total <= maxRepeated {
				v = math.Round(v)
			}
			e.targets, e.fixed = append(e.targets, y), append(e.fixed, v)
		}
		e.rank[at] = uint32(len(e.targets) - 1)
	}
	e.makeRoom(len(rows))
	return e
}

// makeRoom is for up to as many rows.
func (e *medians) makeRoom(rows int) {
	if cap(e.local) < rows {
		e.local, e.ranks, e.all, e.spare = make([]uint32, rows), make([]uint32, rows), make([]moment, rows+1), make([]uint32, rows)
	}
	e.local, e.spare = e.local[:rows], e.spare[:rows]
}

func (e *medians) at(i int) moment {
	if e.w == nil {
		return moment{1, e.s[i]}
	}
	return moment{e.w[i], e.s[i]}
}

// The total of a node: its weight, then the median and the sum of absolute errors as floats' bits. That of a side has
// the sum of both sides' errors instead.
const (
	totalWeight = iota
	totalMedian
	totalLoss
	totalWidth
)

func (e *medians) width() int { return totalWidth }

func (e *medians) total(lo, hi int, into []int64) {
	order, n := e.order[lo:hi], 0
	e.ranks = e.ranks[:0]
	var sum moment
	for _, at := range order {
		row := lo + int(at)
		if r := e.rank[row]; n == 0 || r != e.ranks[n-1] {
			e.ranks = append(e.ranks, r)
			n++
			e.all[n] = moment{}
		}
		e.local[row] = uint32(n - 1)
		one := e.at(row)
		e.all[n].w, e.all[n].s = e.all[n].w+one.w, e.all[n].s+one.s
		sum.w, sum.s = sum.w+one.w, sum.s+one.s
	}
	for i := 1; i <= n; i++ { // every place hands its sum to the next that covers it
		if up := i + i&-i; up <= n {
			e.all[up].w, e.all[up].s = e.all[up].w+e.all[i].w, e.all[up].s+e.all[i].s
		}
	}
	tree := e.all[:n+1]
	k, loss := e.median(tree, nil, sum)
	into[totalWeight], into[totalLoss] = sum.w, int64(math.Float64bits(loss))
	low, high := k, k
	for low > 0 && 2*prefixOf(tree, low-1) >= sum.w-e.slack(sum.w) {
		low--
	}
	for high < n-1 && 2*prefixOf(tree, high) <= sum.w+e.slack(sum.w) {
		high++
	}
	into[totalMedian] = int64(math.Float64bits(e.targets[e.ranks[low]]/2 + e.targets[e.ranks[high]]/2))
}

// slack is what rounding may do to a sum of weights that are not whole numbers: with half of the weight on each side,
// the median is the middle between two targets, also if the sums miss the half by that.
func (e *medians) slack(sum int64) int64 {
	if e.wexp == 0 {
		return 0
	}
	return sum >> 30
}

// prefixOf is the weight up to rank k in a tree.
func prefixOf(tree []moment, k int) (w int64) {
	for i := k + 1; i > 0; i &= i - 1 {
		w += tree[i].w
	}
	return w
}

// median walks down a tree of sums, less what is in another tree unless that is nil, to the rank of the lower median.
// sum is all that is in the one beyond the other, and has weight. loss is the weighted sum of absolute errors.
func (e *medians) median(tree, less []moment, sum moment) (k int, loss float64) {
	n := len(tree) - 1
	var below moment // of ranks below k
	for step := highestPower(n); step > 0; step >>= 1 {
		next := k + step
		if next > n {
			continue
		}
		w, s := below.w+tree[next].w, below.s+tree[next].s
		if less != nil {
			w, s = w-less[next].w, s-less[next].s
		}
		if w < sum.w-w { // less than half
			k, below = next, moment{w, s}
		}
	}
	// Ranks below k weigh less than half, and those up to k at least that. What is at k itself adds nothing to the loss,
	// on whichever side it is counted.
	m := e.fixed[e.ranks[k]]
	return k, float64(sum.s-below.s-below.s) + float64(m*float64(2*below.w-sum.w))
}

// highestPower is the largest power of two up to n > 0.
func highestPower(n int) int {
	power := 1
	for 2*power <= n {
		power *= 2
	}
	return power
}

func (e *medians) side(lo int, left []uint8, into []int64) {
	if len(e.tree) < len(e.ranks)+1 {
		e.tree = make([]moment, len(e.local)+1)
	}
	tree := e.tree[:len(e.ranks)+1]
	clear(tree)
	var sum, whole moment
	for i, l := range left {
		one := e.at(lo + i)
		whole.w, whole.s = whole.w+one.w, whole.s+one.s
		if l != 0 {
			insert(tree, int(e.local[lo+i]), one)
			sum.w, sum.s = sum.w+one.w, sum.s+one.s
		}
	}
	into[totalWeight], into[totalLoss] = sum.w, int64(math.Float64bits(e.both(tree, sum, whole)))
}

// insert adds a row at its rank.
func insert(tree []moment, rank int, one moment) {
	for i := rank + 1; i < len(tree); i += i & -i {
		tree[i].w, tree[i].s = tree[i].w+one.w, tree[i].s+one.s
	}
}

// both is the sum of absolute errors on both sides, of which tree is the left one; 0 for a side without rows.
func (e *medians) both(tree []moment, left, whole moment) float64 {
	var l, r float64
	if left.w > 0 {
		_, l = e.median(tree, nil, left)
	}
	if right := (moment{whole.w - left.w, whole.s - left.s}); right.w > 0 {
		_, r = e.median(e.all[:len(tree)], tree, right)
	}
	return l + r
}

func (e *medians) weight(total []int64) int64 { return total[totalWeight] }

func (e *medians) predict(total []int64, into []float64) {
	into[0] = math.Float64frombits(uint64(total[totalMedian]))
}

func (e *medians) score(total, left []int64) (num, den float64) {
	return lowered(total, math.Float64frombits(uint64(left[totalLoss]))), 1
}

// gainBits is how many binary digits of a node's loss a gain is told to. Splits that gain the same are common here,
// since a row may change sides without any median being another; they are to be ties, whatever rounding does to sums
// of targets and to weights that are not whole numbers.
const gainBits = 40

// lowered is by how much a split lowers the loss of a node, rounded to gainBits.
func lowered(total []int64, loss float64) float64 {
	whole := math.Float64frombits(uint64(total[totalLoss]))
	_, size := math.Frexp(whole)
	return math.Ldexp(math.Round(math.Ldexp(max(whole-loss, 0), gainBits-size)), size-gainBits)
}

func (e *medians) gain(_ []int64, num, _ float64) float64 { return num }

func (e *medians) exponent() int { return -e.exp }

func (e *medians) units([]int64) (values []int64, mask, sum int64) { return nil, 0, 0 }

func (e *medians) order16(q *query, order []uint16, missing int) split {
	return orderMedians(e, q, order, missing)
}

func (e *medians) order32(q *query, order []uint32, missing int) split {
	return orderMedians(e, q, order, missing)
}

func orderMedians[I rowID](e *medians, q *query, order []I, missing int) split {
	n := len(e.ranks)
	if cap(q.scratch.tree) < n+1 {
		q.scratch.tree = make([]moment, len(e.local)+1)
	}
	tree, best := q.scratch.tree[:n+1], none
	var whole, left moment
	for _, id := range order {
		one := e.at(q.lo + int(id))
		whole.w, whole.s = whole.w+one.w, whole.s+one.s
	}
	take := func(id I) {
		one := e.at(q.lo + int(id))
		insert(tree, int(e.local[q.lo+int(id)]), one)
		left.w, left.s = left.w+one.w, left.s+one.s
	}
	present := len(order) - missing
	for round := 0; round <= min(missing, 1); round++ {
		clear(tree)
		left = moment{}
		last := present - 1
		if round == 1 {
			for _, id := range order[present:] {
				take(id)
			}
		} else if missing > 0 {
			last = present
		}
		for at := range last {
			take(order[at])
			if left.w < q.minLeaf || whole.w-left.w < q.minLeaf || at+1 < present && q.same(int(order[at]), int(order[at+1])) {
				continue
			}
			if num := lowered(q.total, e.both(tree, left, whole)); num > best.num {
				best = split{num: num, den: 1, at: at, missingLeft: round == 1}
			}
		}
	}
	return best
}

func (e *medians) partition(lo, hi int, left []uint8, spare *spare) {
	e.sums.partition(lo, hi, left, spare)
	partition(e.rank[lo:hi], left, spare.ids)
	place := e.local[lo:hi]
	count := places(place, left)
	partitionOrder(e.order[lo:hi], place, count, e.spare)
}

func (e *medians) subset(lo, hi int, old evidence) evidence {
	into, ok := old.(*medians)
	if !ok {
		into = &medians{}
	}
	s, w, rank, order := refill(into.s, e.s, lo, hi), refill(into.w, e.w, lo, hi), refill(into.rank, e.rank, lo, hi), refill(into.order, e.order, lo, hi)
	into.sums = e.sums
	into.s, into.w, into.rank, into.order, into.targets, into.fixed = s, w, rank, order, e.targets, e.fixed
	into.makeRoom(hi - lo)
	return into
}
