package tree

import "math"

// bar says of the candidates of a node which ones are surely worse than the best split found in it so far, by any
// column, so that they need no rating. It is for evidence with units (see evidence.units), where a candidate is its
// place in the order and the sum on its left: with T rows whose sum is S, and a best score of R, the l-th candidate
// has to have its sum at least
//
//	sqrt(R l (T - l)) / T
//
// away from S l / T. That is one comparison of integers, where rating takes a dozen operations. Candidates within a
// billionth of the bar are rated, so what is taken, ties included, is what would be without it.
type bar struct {
	rows   int     // from which on it is worth its making
	score  float64 // of the best; -1 if there is none yet
	raised float64 // the score that ranges are for; 0: there are none
	ranges []gap
}

// gap is the sums with which no candidate of a block can be the best: from lo on, as many as wide.
type gap struct {
	lo   int64
	wide uint64
}

const (
	barBlock = 8   // candidates with one range
	barRaise = 1.2 // by how much the best score must grow for ranges to be made anew
)

func (b *bar) reset() { b.score, b.raised = -1, 0 }

// below says whether the best split of a column would raise the bar. Only one that may be taken must.
func (b *bar) below(s *split) bool { return s.num > b.score*s.den }

// ready brings the ranges up to date, for the candidates from first to last of a node, and says whether there are any.
func (b *bar) ready(q *query, rows, first, last int) bool {
	if rows < b.rows || !(b.score > 0) {
		return false
	}
	if b.score <= barRaise*b.raised {
		return true
	}
	b.raised, b.ranges = b.score, b.ranges[:0]
	total, sum := float64(rows), float64(q.sum)
	for k := first; k < last; k += barBlock {
		lo, hi := math.Inf(-1), math.Inf(1)
		for l := float64(k + 1); l <= float64(min(k+barBlock, last)); l++ {
			centre := sum * l / total
			far := math.Sqrt(b.score*l*(total-l)) / total
			far -= 1e-9*far + 1e-14*(math.Abs(centre)+far) // for what rounding does to scores
			lo, hi = max(lo, centre-far), min(hi, centre+far)
		}
		r := gap{}
		if hi > lo+2 {
			r.lo = int64(lo) + 1
			r.wide = uint64(int64(hi) - r.lo)
		}
		b.ranges = append(b.ranges, r)
	}
	return true
}
