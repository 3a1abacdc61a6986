package kmeans

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// choose picks k of the candidates, each of which stands for the weight of the rows nearest to it: by k-means++ (Arthur
// and Vassilvitskii 2007) with several tries for each center, of which the best counts, and a few of Lloyd's iterations
// over the candidates. Of several such choices the one with the smallest potential is taken.
func choose(ctx context.Context, seed uint64, candidates [][]float64, weights []float64, k int) ([][]float64, error) {
	const iterations = 10
	cost := float64(len(candidates)) * float64(len(candidates[0])) * float64(k) * (iterations + 3)
	choices := int(min(max(2e7/cost, 1), 10))
	rng := learner.NewRand(seed)
	var best [][]float64
	least := math.Inf(1)
	for range choices {
		centers, err := plusPlus(ctx, rng, candidates, weights, k)
		if err != nil {
			return nil, err
		}
		var potential float64
		for range iterations {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			centers, potential = improve(candidates, weights, centers)
		}
		if potential < least {
			best, least = centers, potential
		}
	}
	return best, nil
}

// plusPlus draws centers one by one, each with a probability in proportion to the candidates' potential.
func plusPlus(ctx context.Context, rng *rand.Rand, candidates [][]float64, weights []float64, k int) ([][]float64, error) {
	near, share := slices.Repeat([]float64{1}, len(candidates)), make([]float64, len(candidates))
	tries := 2 + int(math.Log(float64(k)))
	var centers [][]float64
	taken := make([]bool, len(candidates))
	next := make([]float64, len(candidates))
	for len(centers) < k {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var total float64
		for i, w := range weights {
			share[i] = w * near[i]
			total += share[i]
		}
		pick, least := -1, math.Inf(1)
		var kept []float64
		for range tries {
			at := drawFrom(rng, share, total, taken)
			var potential float64
			for i, c := range candidates {
				next[i] = squared(candidates[at], c)
				if len(centers) > 0 {
					next[i] = min(next[i], near[i])
				}
				potential += weights[i] * next[i]
			}
			if potential < least || pick < 0 {
				pick, least = at, potential
				kept = append(kept[:0], next...)
			}
		}
		taken[pick] = true
		copy(near, kept)
		centers = append(centers, candidates[pick])
	}
	return centers, nil
}

// drawFrom draws an index in proportion to the shares; the first that is not taken if nothing has a share.
func drawFrom(rng *rand.Rand, share []float64, total float64, taken []bool) int {
	u := rng.Float64() * total
	last := slices.Index(taken, false)
	for i, s := range share {
		if s <= 0 || taken[i] {
			continue
		}
		if last = i; u < s {
			break
		}
		u -= s
	}
	return last
}

// improve is one iteration over the candidates, and the potential before it. A center that none is nearest to stays.
func improve(candidates [][]float64, weights []float64, centers [][]float64) (moved [][]float64, potential float64) {
	points, cols := newPoints(centers), len(centers[0])
	total := make([]float64, len(centers))
	moved = make([][]float64, len(centers))
	for c := range moved {
		moved[c] = make([]float64, cols)
	}
	for i, row := range candidates {
		at, d := points.nearest(row)
		potential += weights[i] * d
		total[at] += weights[i]
		for j, v := range row {
			moved[at][j] += float64(weights[i] * v)
		}
	}
	for c, sum := range moved {
		if total[c] == 0 {
			copy(sum, centers[c])
			continue
		}
		for j := range sum {
			sum[j] /= total[c]
		}
	}
	return moved, potential
}
