package rows

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// Shuffled deals rows to n workers at random, in shards whose sizes are as weights, which add up to 1; each gets one row at least.
func Shuffled(d learner.Dataset, weights []float64, seed uint64) []learner.Dataset {
	order := learner.NewRand(seed).Perm(d.Len())
	return cut(d, order, weights)
}

// InOrder deals rows to n workers in their order, in shards of one size.
func InOrder(d learner.Dataset, n int) []learner.Dataset {
	order := make([]int, d.Len())
	for i := range order {
		order[i] = i
	}
	return cut(d, order, Even(n))
}

// Even are the weights of n shards of one size.
func Even(n int) []float64 {
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = 1 / float64(n)
	}
	return weights
}

// Rising are the weights of n shards of which the second is twice as large as the first, the third three times, and so on.
func Rising(n int) []float64 {
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = 2 * float64(i+1) / float64(n*(n+1))
	}
	return weights
}

// cut deals the rows of an order to shards, one after the other.
func cut(d learner.Dataset, order []int, weights []float64) []learner.Dataset {
	shards := make([]learner.Dataset, len(weights))
	share, from := 0.0, 0
	for i, w := range weights {
		share += w
		left := len(weights) - i - 1
		to := min(max(from+1, int(math.Round(share*float64(len(order))))), len(order)-left)
		shards[i] = d.Select(order[from:to])
		from = to
	}
	return shards
}

// Dirichlet deals the rows of a classification to n workers so that each has mixtures of classes of its own: for each class the
// workers' shares are drawn from a symmetric Dirichlet distribution (Hsu, Qi, Brown 2019). A large alpha makes all alike; with a small one each
// class is at few workers. alpha 0 deals the rows sorted by class. A worker that would have no row takes one of the largest.
func Dirichlet(d learner.Dataset, n int, alpha float64, seed uint64) []learner.Dataset {
	random := learner.NewRand(seed)
	byClass := make([][]int, len(d.Classes))
	for _, i := range random.Perm(d.Len()) {
		k := int(d.Y[i])
		byClass[k] = append(byClass[k], i)
	}
	if alpha == 0 {
		return cut(d, slices.Concat(byClass...), Even(n))
	}
	dealt := make([][]int, n)
	for _, of := range byClass {
		share, from, total := 0.0, 0, 0.0
		draws := make([]float64, n)
		for w := range draws {
			draws[w] = gamma(random, alpha)
			total += draws[w]
		}
		for w := range draws {
			share += draws[w] / total
			to := min(int(math.Round(share*float64(len(of)))), len(of))
			if w == n-1 {
				to = len(of)
			}
			dealt[w] = append(dealt[w], of[from:to]...)
			from = to
		}
	}
	shards := make([]learner.Dataset, n)
	for w := range dealt {
		if len(dealt[w]) == 0 {
			largest := 0
			for o := range dealt {
				if len(dealt[o]) > len(dealt[largest]) {
					largest = o
				}
			}
			last := len(dealt[largest]) - 1
			dealt[w], dealt[largest] = []int{dealt[largest][last]}, dealt[largest][:last]
		}
	}
	for w := range dealt {
		shards[w] = d.Select(dealt[w])
	}
	return shards
}

// gamma draws from the gamma distribution with a shape, of scale 1 (Marsaglia, Tsang 2000). Below the smallest number that a
// float64 holds it is that number, so that not all of a class's shares are 0.
func gamma(r *rand.Rand, shape float64) float64 {
	boost := 1.0
	if shape < 1 {
		boost = math.Pow(1-r.Float64(), 1/shape)
		shape++
	}
	d := shape - 1.0/3
	for {
		x := r.NormFloat64()
		v := 1 + x/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return max(d*v*boost, math.SmallestNonzeroFloat64)
		}
	}
}
