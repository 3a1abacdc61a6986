package tree

import (
	"math"
	"math/bits"
)

// tally goes through the candidates of one column: it moves weight from the
// right side to the left, class by class, and rates where it stands. For whole
// weights a move costs the same for any number of classes, and its sums are
// integers.
type tally struct {
	e           *counts
	left, right []int64
	wl, wr      int64
	sl, sr      int64 // sums of squares of both sides
	logs        int64 // sum of scaled x log2 x over the classes of both sides, less what makes no split 0
	best        split
	keep        []int64 // left, of best
}

func newTally(e *counts, q *query) *tally {
	s, k := &q.scratch.tally, e.width()
	*s = tally{e: e, left: q.scratch.left[:k], right: q.scratch.right[:k], keep: q.scratch.keep[:k], best: none}
	return s
}

// begin puts everything on the right.
func (t *tally) begin(total []int64) {
	clear(t.left)
	copy(t.right, total)
	t.wl, t.wr, t.sl, t.sr, t.logs = 0, t.e.weight(total), 0, 0, 0
	if t.e.scaled != nil {
		t.logs = t.e.scaledLog(t.wr)
	}
	if t.e.squares {
		for _, v := range total {
			t.sr += v * v
		}
	}
}

// move takes weight w of a class to the left.
func (t *tally) move(class int, w int64) {
	l, r := t.left[class], t.right[class]
	if t.e.squares {
		t.sl += w * (2*l + w)
		t.sr -= w * (2*r - w)
	} else if t.e.scaled != nil {
		t.logs += t.e.scaledLog(l+w) - t.e.scaledLog(l) + t.e.scaledLog(r-w) - t.e.scaledLog(r)
	}
	t.left[class], t.right[class] = l+w, r-w
	t.wl += w
	t.wr -= w
}

// scaledLog is x log2 x of a whole number, in fixed point.
func (e *counts) scaledLog(x int64) int64 {
	if uint64(x) < uint64(len(e.scaled)) {
		return e.scaled[x]
	}
	return int64(math.Round(xlog2x(float64(x)) * e.scale))
}

// rate scores the candidate; only scores of one column compare.
func (t *tally) rate(q *query) (num, den float64) {
	switch {
	case t.e.squares: // the impurity that is left over, taken from a constant
		wl, wr := float64(t.wl), float64(t.wr)
		return float64(float64(t.sl)*wr) + float64(float64(t.sr)*wl), wl * wr
	case t.e.scaled != nil:
		return float64(max(t.logs-t.e.scaledLog(t.wl)-t.e.scaledLog(t.wr), 0)), 1
	default:
		return t.e.score(q.total, t.left)
	}
}

// beats scores the candidate and says whether it is admitted and beats the best.
func (t *tally) beats(q *query) (num, den float64, ok bool) {
	if t.wl < q.minLeaf || t.wr < q.minLeaf {
		return 0, 0, false
	}
	num, den = t.rate(q)
	return num, den, num*t.best.den > t.best.num*den
}

// take makes the candidate the best.
func (t *tally) take(num, den float64, at, next int, missingLeft bool) {
	t.best = split{num: num, den: den, at: at, next: next, missingLeft: missingLeft}
	copy(t.keep, t.left)
}

// result is the best with the score by which columns are compared.
func (t *tally) result(q *query) split {
	if t.best.found() {
		t.best.num, t.best.den = t.e.score(q.total, t.keep)
	}
	return t.best
}

func (e *counts) bins(q *query, hist []int64, used bitmap, missing int) split {
	width := e.width()
	t := newTally(e, q)
	move := func(code int) {
		for class, w := range hist[code*width:][:width] {
			if w > 0 {
				t.move(class, w)
			}
		}
	}
	absent := used.has(missing)
	if absent {
		used.remove(missing)
	}
	for _, missingLeft := range []bool{false, true} {
		t.begin(q.total)
		if missingLeft {
			move(missing)
		}
		before := -1 // the code that was moved last and is not rated yet
		for i, word := range used {
			for ; word != 0; word &= word - 1 {
				code := 64*i + bits.TrailingZeros64(word)
				if before >= 0 {
					if num, den, ok := t.beats(q); ok {
						t.take(num, den, before, code, missingLeft)
					}
				}
				move(code)
				before = code
			}
		}
		if !absent {
			break
		}
		if num, den, ok := t.beats(q); ok && !missingLeft && before >= 0 {
			t.take(num, den, before, -1, false)
		}
	}
	return t.result(q)
}

func (e *counts) order16(q *query, order []uint16, missing int) split {
	return orderCounts(e, q, order, missing)
}

func (e *counts) order32(q *query, order []uint32, missing int) split {
	return orderCounts(e, q, order, missing)
}

func orderCounts[I rowID](e *counts, q *query, order []I, missing int) split {
	t := newTally(e, q)
	present := len(order) - missing
	for round := 0; round <= min(missing, 1); round++ {
		t.begin(q.total)
		last := present - 1
		if missing > 0 && round == 0 {
			last = present
		}
		if round == 1 {
			for _, id := range order[present:] {
				t.move(int(e.class[q.lo+int(id)]), e.at(q.lo+int(id)))
			}
		}
		for at := range last {
			id := q.lo + int(order[at])
			t.move(int(e.class[id]), e.at(id))
			num, den, ok := t.beats(q)
			if ok && (at+1 >= present || !q.tied(int(order[at]), int(order[at+1]))) {
				t.take(num, den, at, 0, round == 1)
			}
		}
	}
	return t.result(q)
}
