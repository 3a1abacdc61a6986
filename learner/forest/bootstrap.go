package forest

import (
	"math"
	"sort"

	"github.com/gochimera/chimera/learner"
)

// bag draws bootstraps of a training set (Efron 1979).
type bag struct {
	rows       int
	cumulative []float64 // of the rows' weights; nil: 1 each
	last       int       // the last row that weighs anything
	draws      int
	mass       float64 // of one draw; draws x mass is the weight of all rows
}

// mostDraws is the largest number of draws per row; more would hardly change
// how often a row is drawn, relative to its weight.
const mostDraws = 16

func newBag(d learner.Dataset) (bag, error) {
	b := bag{rows: d.Len(), draws: d.Len(), mass: 1}
	if d.Weights == nil {
		return b, nil
	}
	b.cumulative = make([]float64, b.rows)
	var sum float64
	rows, plain := 0, true
	for i, w := range d.Weights {
		sum += w
		b.cumulative[i] = sum
		plain = plain && w == 1
		if w > 0 {
			rows++
			b.last = i
		}
	}
	if plain {
		b.cumulative = nil // weights of 1 are drawn as no weights are
		return b, nil
	}
	if math.IsInf(sum, 1) {
		return b, &learner.DataError{Row: -1, Column: -1, Name: "weight", Reason: "the row weights add up to more than a float can hold: scale them down"}
	}
	b.draws = int(math.Round(min(max(sum, float64(rows)), mostDraws*float64(rows))))
	b.mass = sum / float64(b.draws)
	return b, nil
}

// draw returns what each row weighs in one bootstrap.
func (b bag) draw(seed uint64) []float64 {
	rng := learner.NewRand(seed)
	weights := make([]float64, b.rows)
	for range b.draws {
		if b.cumulative == nil {
			weights[rng.IntN(b.rows)]++
			continue
		}
		at := rng.Float64() * b.cumulative[b.last]
		weights[sort.Search(b.last, func(i int) bool { return b.cumulative[i] > at })]++
	}
	if b.mass != 1 {
		for i := range weights {
			weights[i] *= b.mass
		}
	}
	return weights
}
