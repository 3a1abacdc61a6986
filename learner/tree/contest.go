package tree

// blockLen is how many candidates are rated at a time: few enough for the
// first-level cache, and no fewer than a column has codes.
const blockLen = 512

// prefix is the left sides of up to blockLen candidates: running sums of the
// weight and of the target.
type prefix struct {
	w, s  [blockLen]int64
	codes [blockLen]uint8
}

// moments is the evidence that is a weight and one sum: sums and packed.
type moments interface {
	width() int
	moment(total []int64) moment
	deviance() bool // the impurity is the Poisson deviance, not the variance
	// fillBins writes the candidates after each used bin and returns how many
	// there are.
	fillBins(p *prefix, hist []int64, used *bitmap) int
}

// contest finds the best among the candidates of one column in one node.
type contest struct {
	total   moment
	minLeaf int64
	poisson bool
	best    split
	left    moment // of best
	prefix  *prefix
}

func newContest(e moments, q *query) contest {
	return contest{total: e.moment(q.total), minLeaf: q.minLeaf, poisson: e.deviance(), best: none, prefix: &q.scratch.prefix}
}

// rate looks at the candidates [from, to) of the prefix, the first of which is
// candidate base of the column, and keeps the best. With stop it returns at the
// first that beats the best, without keeping it but with its score; else it
// returns to.
func (c *contest) rate(from, to, base int, stop bool) (k int, num, den float64) {
	if c.poisson {
		return c.rateDeviance(from, to, base, stop)
	}
	total, sum := float64(c.total.w), float64(c.total.s)
	num, den = c.best.num, c.best.den
	at := -1
	w, s := c.prefix.w[:to], c.prefix.s[:to]
	for k := from; k < len(w) && k < len(s); k++ {
		l := float64(w[k])
		d := float64(float64(s[k])*total) - float64(sum*l)
		d2, p := d*d, l*float64(c.total.w-w[k])
		if d2*den > num*p {
			if stop {
				return k, d2, p
			}
			num, den, at = d2, p, k
		}
	}
	if at >= 0 {
		c.keep(at, base, num, den)
	}
	return to, num, den
}

// keep makes candidate k of the prefix the best, with the score that rate gave it.
func (c *contest) keep(k, base int, num, den float64) {
	c.best.num, c.best.den, c.best.at = num, den, base+k
	c.left = moment{w: c.prefix.w[k], s: c.prefix.s[k]}
}

// result is the best with the score by which columns are compared.
func (c *contest) result() split {
	if c.best.found() && !c.poisson {
		c.best.num, c.best.den = scoreMoment(c.total, c.left)
	}
	return c.best
}

// admitted narrows the candidates [0, to) to those with enough weight on both
// sides.
func (c *contest) admitted(to int) (int, int) {
	if c.minLeaf == 0 {
		return 0, to
	}
	from := 0
	for from < to && c.prefix.w[from] < c.minLeaf {
		from++
	}
	for to > from && c.total.w-c.prefix.w[to-1] < c.minLeaf {
		to--
	}
	return from, to
}

// searchBins finds the best split of a column that was counted. Candidates are
// taken by ascending value, first with the missing values right, then left.
func searchBins(e moments, q *query, hist []int64, used bitmap, missing int) split {
	absent := used.has(missing)
	if absent {
		used.remove(missing)
	}
	n := e.fillBins(&q.scratch.prefix, hist, &used)
	last := n - 1
	if absent {
		last = n
	}
	if last <= 0 {
		return none
	}
	c := newContest(e, q)
	from, to := c.admitted(last)
	c.rate(from, to, 0, false)
	if absent {
		gone := e.moment(hist[missing*e.width():])
		for k := range n {
			c.prefix.w[k] += gone.w
			c.prefix.s[k] += gone.s
		}
		before := c.best.at
		c.best.at = -1
		from, to = c.admitted(n - 1)
		c.rate(from, to, 0, false)
		c.settle(before)
	}
	best := c.result()
	if best.found() {
		at := best.at
		best.at, best.next = int(c.prefix.codes[at]), -1
		if at+1 < n {
			best.next = int(c.prefix.codes[at+1])
		}
	}
	return best
}

// settle ends the second round, with missing values left: at is set if it found
// something better than the first round's best.
func (c *contest) settle(before int) {
	if c.best.at < 0 {
		c.best.at = before
		return
	}
	c.best.missingLeft = true
}

// fill writes the left sides of the candidates after each row of order, which
// begin with from, and returns the last.
type fill[I rowID] func(p *prefix, order []I, lo int, from moment) moment

// searchOrder is searchBins for a sorted column.
func searchOrder[I rowID](e moments, fill fill[I], q *query, order []I, missing int) split {
	c := newContest(e, q)
	present := len(order) - missing
	if missing == 0 {
		sweep(&c, fill, q, order, present-1, moment{})
		return c.result()
	}
	var gone moment
	for rest := order[present:]; len(rest) > 0; rest = rest[min(blockLen, len(rest)):] {
		gone = fill(c.prefix, rest[:min(blockLen, len(rest))], q.lo, gone)
	}
	sweep(&c, fill, q, order[:present], present, moment{})
	before := c.best.at
	c.best.at = -1
	sweep(&c, fill, q, order[:present], present-1, gone)
	c.settle(before)
	return c.result()
}

// sweep rates the first n candidates of a sorted column, block by block.
func sweep[I rowID](c *contest, fill fill[I], q *query, order []I, n int, sum moment) {
	for base := 0; base < n; base += blockLen {
		block := order[base:min(base+blockLen, n)]
		sum = fill(c.prefix, block, q.lo, sum)
		from, to := c.admitted(len(block))
		if q.differ() {
			c.rate(from, to, base, false)
			continue
		}
		for k, num, den := c.rate(from, to, base, true); k < to; k, num, den = c.rate(k+1, to, base, true) {
			if at := base + k; at+1 == len(order) || !q.tied(int(order[at]), int(order[at+1])) {
				c.keep(k, base, num, den)
			}
		}
	}
}

// searchUnits is searchOrder without missing values for evidence that is the
// sum of one number per row. Both rate a candidate alike, to the last bit.
func searchUnits[I rowID](q *query, order []I) split {
	values, mask := q.values, q.mask
	total, whole := float64(len(order)), float64(q.sum)
	first, last := max(int(q.minLeaf)-1, 0), len(order)-max(int(q.minLeaf), 1)
	left := int64(0)
	for _, id := range order[:min(first, len(order))] {
		left += values[id]
	}
	num, den, at, kept := none.num, none.den, -1, int64(0)
	differ := q.differ()
	high := q.bar.ready(q, len(order), first, last)
	for from := first; from < last; {
		to, pass := last, gap{}
		if high {
			to, pass = min(from+barBlock, last), q.bar.ranges[(from-first)/barBlock]
		}
		for k := from; k < to; k++ {
			left += values[order[k]]
			if uint64(left&mask-pass.lo) < pass.wide {
				continue
			}
			l := float64(k + 1)
			d := float64(float64(left&mask)*total) - float64(whole*l)
			d2, p := d*d, l*(total-l)
			if d2*den > num*p && (differ || !q.tied(int(order[k]), int(order[k+1]))) {
				num, den, at, kept = d2, p, k, left&mask
			}
		}
		from = to
	}
	if at < 0 {
		return none
	}
	num, den = scoreMoment(moment{int64(len(order)), q.sum}, moment{int64(at + 1), kept})
	return split{num: num, den: den, at: at}
}
