package master

import (
	"math"

	"github.com/gochimera/chimera/learner/numeric"
)

// The limits of geometricMedian's iterations: how many, how close to a vector counts as its place, and
// how short a move is the last, both relative to the median distance of the vectors at the start.
const (
	mostWeiszfeld = 100
	smoothing     = 1e-6
	shortestMove  = 1e-9
)

// geometricMedian is the point with the least sum of distances to the vectors, by Weiszfeld's
// iterations (1937) from the median of each number, with distances kept away from 0 (Pillutla, Kakade,
// Harchaoui, "Robust Aggregation for Federated Learning", 2022, algorithm 2). All members weigh alike.
func geometricMedian(vectors [][]float64, divisors, _, into []float64) {
	at := make([]float64, len(into))
	cellwiseRobust(numeric.Median)(vectors, divisors, nil, at)
	factors := make([]float64, len(vectors))
	unit := numeric.Median(distancesFrom(at, vectors, divisors))
	for range mostWeiszfeld {
		if unit == 0 {
			break // most vectors are the same one
		}
		var total float64
		for k, d := range distancesFrom(at, vectors, divisors) {
			factors[k] = unit / max(d, smoothing*unit)
			total += factors[k]
		}
		var moved float64
		for i, before := range at {
			var sum float64
			for k, v := range vectors {
				sum += factors[k] / total * (v[i] / divisors[k])
			}
			at[i] = sum
			moved = math.Hypot(moved, sum-before)
		}
		if moved <= shortestMove*unit {
			break
		}
	}
	copy(into, at)
}

// distancesFrom are the Euclidean distances of the members' vectors from a point.
func distancesFrom(at []float64, vectors [][]float64, divisors []float64) []float64 {
	all := make([]float64, len(vectors))
	for k, v := range vectors {
		var largest, sum float64 // scaled by the largest difference, so that squares do not overflow
		for i, a := range at {
			largest = max(largest, math.Abs(v[i]/divisors[k]-a))
		}
		if largest > 0 && !math.IsInf(largest, 1) {
			for i, a := range at {
				d := (v[i]/divisors[k] - a) / largest
				sum += d * d
			}
			largest *= math.Sqrt(sum)
		}
		all[k] = largest
	}
	return all
}
