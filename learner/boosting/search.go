package boosting

import (
	"context"
	"math"
)

// totals are sums over rows: of gradients and second derivatives, as they are in histograms, and of weights.
type totals struct{ g, h, w int64 }

func (a totals) plus(b totals) totals  { return totals{a.g + b.g, a.h + b.h, a.w + b.w} }
func (a totals) minus(b totals) totals { return totals{a.g - b.g, a.h - b.h, a.w - b.w} }

// units turn totals into numbers. Gradients are parts of their bound here, so that squares of large ones are finite.
type units struct {
	g, h, w float64
	bound   float64
}

func (t *trainer) units(h *head, b bounds) units {
	weight := math.Ldexp(1, h.weightExp)
	u := units{g: math.Ldexp(weight, -gradientBits), h: weight, w: weight, bound: math.Ldexp(1, b.gradient)}
	if !t.loss.constant() {
		u.h = math.Ldexp(weight, b.curvature-gradientBits)
	}
	return u
}

// searcher searches histograms for the best split.
type searcher struct {
	t       *trainer
	columns []column
	layout  layout
	limits  []*limits // of each node; nil: there are no constraints
	units
}

// found is the best split of a node.
type found struct {
	gain        float64 // 0: there is none
	split       split
	left, total totals
	missing     int64   // weight of the rows without a value in the split's column
	limits      *limits // of the node; nil: none
}

const (
	leastCurvature = 1e-3  // the least sum of second derivatives on a side of a split, as in scikit-learn
	nearZero       = 1e-15 // added to sums of second derivatives, as in scikit-learn
)

func (s *searcher) of(numbers []int64) totals {
	if s.layout.width == 2 {
		return totals{numbers[0], numbers[1], numbers[1]}
	}
	return totals{numbers[0], numbers[1], numbers[2]}
}

// strength is what the gain of a split is made of: the square of the sum of gradients over that of second derivatives.
func (s *searcher) strength(a totals) float64 {
	g := float64(a.g) * s.g
	return g * g / (float64(a.h)*s.h + s.t.L2Regularization + nearZero)
}

// value is what a leaf adds to the scores of its rows: a Newton step (Friedman 2001), times the learning rate.
func (s *searcher) value(a totals) float64 {
	return -s.t.LearningRate * (float64(a.g) * s.g / (float64(a.h)*s.h + s.t.L2Regularization + nearZero)) * s.bound
}

// total is the sum over a node's rows.
func (s *searcher) total(histogram []int64) totals {
	var sum totals
	for b := range s.columns[0].bins() {
		sum = sum.plus(s.of(histogram[b*s.layout.width:]))
	}
	return sum
}

// column looks for the best split of one column, whose gain is above that of best: thresholds in ascending order,
// with the rows without a value on the right and then on the left.
func (s *searcher) column(j int, histogram []int64, best *found) {
	c := &s.columns[j]
	numbers := histogram[s.layout.first[j]*s.layout.width:]
	var missing totals
	last := len(c.thresholds) // of the bins after which there can be a split
	if c.missing {
		missing = s.of(numbers[(len(c.thresholds)+1)*s.layout.width:])
		last++
	}
	least := best.gain + s.strength(best.total)
	for side := range 2 {
		left := totals{}
		if side == 1 {
			if missing.w == 0 {
				return
			}
			left = missing
			last = len(c.thresholds)
		}
		for b := range last {
			here := s.of(numbers[b*s.layout.width:])
			if here.w == 0 {
				continue
			}
			left = left.plus(here)
			if float64(left.w)*s.w < float64(s.t.MinSamplesLeaf) || float64(left.h)*s.h < leastCurvature {
				continue
			}
			right := best.total.minus(left)
			if float64(right.w)*s.w < float64(s.t.MinSamplesLeaf) || float64(right.h)*s.h < leastCurvature {
				break
			}
			if strength := s.strength(left) + s.strength(right); strength > least {
				least = strength
				best.gain, best.left, best.missing = strength-s.strength(best.total), left, missing.w
				best.split = split{feature: j, bin: b, missingLeft: side == 1}
			}
		}
	}
}

// searchColumns is how many columns a thread searches at a time.
const searchColumns = 16

// search finds the best split of each histogram by the columns that were drawn for it; nil: by all.
func (s *searcher) search(ctx context.Context, histograms [][]int64, drawn [][]bool, procs int) ([]found, error) {
	groups := (len(s.columns) + searchColumns - 1) / searchColumns
	each := make([]found, groups*len(histograms))
	err := parallel(ctx, procs, len(each), func(_, i int) {
		h, first := histograms[i/groups], i%groups*searchColumns
		f := &each[i]
		f.total = s.total(h)
		search := s.column
		if s.limits != nil {
			search, f.limits = s.bounded, s.limits[i/groups]
		}
		for j := first; j < min(first+searchColumns, len(s.columns)); j++ {
			if d := drawn[i/groups]; d == nil || d[j] {
				if s.columns[j].categorical {
					s.categories(j, h, f)
				} else {
					search(j, h, f)
				}
			}
		}
	})
	best := make([]found, len(histograms))
	for i := range best {
		best[i] = each[i*groups]
		for _, other := range each[i*groups+1 : (i+1)*groups] {
			if other.gain > best[i].gain {
				best[i] = other
			}
		}
		s.finish(&best[i])
	}
	return best, err
}

// finish says the rest of a split: where rows without a value go if the node has none of them, to the heavier side,
// and which children may be split in turn.
func (s *searcher) finish(f *found) {
	if f.gain == 0 {
		return
	}
	right := f.total.minus(f.left)
	if f.missing == 0 {
		f.split.missingLeft = f.left.w > right.w
	}
	for i, child := range []totals{f.left, right} {
		f.split.divisible[i] = float64(child.w)*s.w >= 2*float64(s.t.MinSamplesLeaf) && float64(child.h)*s.h >= 2*leastCurvature
	}
}
