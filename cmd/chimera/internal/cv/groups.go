package cv

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// dealGroups deals whole groups. The seed decides between equal groups.
func (p Plan) dealGroups(rows *pool, random *rand.Rand) []int {
	classes := rows.classes
	if !p.Stratified {
		classes = 1
	}
	counts, totals := make([][]float64, rows.groups), make([]float64, classes) // groups x classes, and their sums
	for g := range counts {
		counts[g] = make([]float64, classes)
	}
	for i, g := range rows.group {
		k := min(rows.class[i], classes-1)
		counts[g][k]++
		totals[k]++
	}
	order := random.Perm(rows.groups)
	slices.SortStableFunc(order, func(a, b int) int {
		if p.Stratified {
			return cmp.Compare(deviation(counts[b]), deviation(counts[a]))
		}
		return cmp.Compare(counts[b][0], counts[a][0])
	})
	held := make([][]float64, p.Folds) // folds x classes
	for f := range held {
		held[f] = make([]float64, classes)
	}
	foldOf := make([]int, rows.groups)
	for n, g := range order {
		best := p.placeFor(counts[g], held, totals, rows.groups-n)
		foldOf[g] = best
		for k, c := range counts[g] {
			held[best][k] += c
		}
	}
	folds := make([]int, len(rows.group))
	for i, g := range rows.group {
		folds[i] = foldOf[g]
	}
	return folds
}

// placeFor is the fold for a group: where the classes' shares are most even over the folds with it, of such folds the
// smallest. If only as many groups are left as there are empty folds, it is an empty one.
func (p Plan) placeFor(group []float64, held [][]float64, totals []float64, left int) int {
	empty := 0
	for _, f := range held {
		if sum(f) == 0 {
			empty++
		}
	}
	best, bestSpread, bestSize := -1, math.Inf(1), math.Inf(1)
	shares := make([]float64, p.Folds)
	for f := range held {
		size := sum(held[f])
		if left <= empty && size > 0 {
			continue
		}
		var spread float64
		for k := range totals {
			for other := range held {
				shares[other] = held[other][k] / totals[k]
			}
			shares[f] += group[k] / totals[k]
			spread += deviation(shares) / float64(len(totals))
		}
		if spread < bestSpread-1e-12 || spread < bestSpread+1e-12 && size < bestSize {
			best, bestSpread, bestSize = f, spread, size
		}
	}
	return best
}

// deviation is the standard deviation of numbers, over their count.
func deviation(v []float64) float64 {
	mean := sum(v) / float64(len(v))
	var s float64
	for _, x := range v {
		s += (x - mean) * (x - mean)
	}
	return math.Sqrt(s / float64(len(v)))
}

func sum(v []float64) float64 {
	var s float64
	for _, x := range v {
		s += x
	}
	return s
}
