package tree

import "math"

// newDeviance is the evidence for targets from 0 on whose impurity is half the Poisson deviance from the mean, as
// scikit-learn has it:
//
//	sum of w (y log(y / mean) - y + mean)
//
// With W and S of a node and WL and SL, WR and SR of its sides, a split takes
//
//	SL log(SL W / (S WL)) + SR log(SR W / (S WR))
//
// off it. A side whose targets are all 0 would predict 0, from which any count is infinitely far: there is no such
// split.
func newDeviance(t *Table, rows []uint32, w *fixed) *sums {
	most := 0.0
	for _, r := range rows {
		most = max(most, t.y[r])
	}
	e := sumsAround(0, most, t, rows, w)
	e.poisson = true
	return e
}

// scoreDeviance is what a split takes off the deviance; that of none if a side has targets of 0 alone.
func scoreDeviance(t, l moment) float64 {
	r := moment{w: t.w - l.w, s: t.s - l.s}
	if l.s <= 0 || r.s <= 0 {
		return none.num
	}
	density := float64(t.s) / float64(t.w)
	left := float64(l.s) * math.Log(float64(l.s)/float64(l.w)/density)
	right := float64(r.s) * math.Log(float64(r.s)/float64(r.w)/density)
	return max(left+right, 0)
}

// rateDeviance is rate for the Poisson deviance.
func (c *contest) rateDeviance(from, to, base int, stop bool) (k int, num, den float64) {
	num, at := c.best.num, -1
	for k := from; k < to; k++ {
		score := scoreDeviance(c.total, moment{w: c.prefix.w[k], s: c.prefix.s[k]})
		if score > num {
			if stop {
				return k, score, 1
			}
			num, at = score, k
		}
	}
	if at >= 0 {
		c.keep(at, base, num, 1)
	}
	return to, num, 1
}
