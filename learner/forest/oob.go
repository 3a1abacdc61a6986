package forest

import (
	"context"
	"math"

	"github.com/gochimera/chimera/learner"
)

// bitset is a set of rows.
type bitset []uint64

// positive is the rows with a weight above 0.
func positive(weights []float64) bitset {
	b := make(bitset, (len(weights)+63)/64)
	for i, w := range weights {
		if w > 0 {
			b[i/64] |= 1 << (i % 64)
		}
	}
	return b
}

func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 != 0 }

// outOfBag is the score on the training rows if each is answered only by the
// trees that did not draw it (Breiman 2001, section 3.1): the accuracy of a
// classifier, the R2 of a regressor, both by the rows' weights. Rows that every tree drew are
// left out; if no row remains, or none of the targets differ, it is NaN.
func (e *ensemble) outOfBag(ctx context.Context, d learner.Dataset, drawn []bitset, procs int) (float64, error) {
	rows, k := d.Len(), e.outputs()
	answered := make([]bool, rows)
	predicted := make([]float64, rows)
	err := spread(procs, (rows+rowBlock-1)/rowBlock, func(block int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		sums := make([]float64, k)
		for i := block * rowBlock; i < min((block+1)*rowBlock, rows); i++ {
			clear(sums)
			trees := 0
			for n, t := range e.trees {
				if !drawn[n].has(i) {
					add(sums, t.Values(t.Find(d.X.RawRowView(i))))
					trees++
				}
			}
			answered[i] = trees > 0
			if d.Classes != nil {
				predicted[i] = float64(likeliest(sums))
			} else {
				predicted[i] = sums[0] / float64(trees)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	var kept []int
	for i, ok := range answered {
		if ok && d.Weight(i) > 0 {
			kept = append(kept, i)
		}
	}
	return score(d, kept, predicted), nil
}

// score rates the answers for some rows.
func score(d learner.Dataset, rows []int, predicted []float64) float64 {
	var weight, right, mean, residual, total float64
	for _, i := range rows {
		w := d.Weight(i)
		weight += w
		mean += w / weight * (d.Y[i] - mean)
		if predicted[i] == d.Y[i] {
			right += w
		}
	}
	if d.Classes != nil {
		return right / weight
	}
	for _, i := range rows {
		residual += d.Weight(i) * (d.Y[i] - predicted[i]) * (d.Y[i] - predicted[i])
		total += d.Weight(i) * (d.Y[i] - mean) * (d.Y[i] - mean)
	}
	if total == 0 {
		return math.NaN()
	}
	return 1 - residual/total
}
