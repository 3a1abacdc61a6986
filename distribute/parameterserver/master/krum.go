package master

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner/numeric"
)

// krum takes the vector that has the least sum of squared distances to its nearest neighbours, all but
// the faulty ones and itself: n - faulty - 2 of n (Blanchard, El Mhamdi, Guerraoui, Stainer, "Machine
// Learning with Adversaries: Byzantine Tolerant Gradient Descent", 2017). Among equals it is the first.
func krum(faulty int) reducer {
	return func(vectors [][]float64, divisors, _, into []float64) {
		best := byScore(squaredDistances(vectors, divisors), upTo(len(vectors)), faulty)[0]
		meanOf(vectors, divisors, []int{best}, into)
	}
}

// multiKrum is the mean of the n - faulty - 2 vectors of the best scores (Blanchard et al. 2017,
// section 5).
func multiKrum(faulty int) reducer {
	return func(vectors [][]float64, divisors, _, into []float64) {
		n := len(vectors)
		chosen := byScore(squaredDistances(vectors, divisors), upTo(n), faulty)[:max(1, n-faulty-2)]
		slices.Sort(chosen) // the sum runs in member order
		meanOf(vectors, divisors, chosen, into)
	}
}

// bulyan chooses n - 2 faulty vectors, each time the one that Krum takes of those that are left; of
// each number it is the mean of those n - 4 faulty that are nearest to the median of the chosen (El
// Mhamdi, Guerraoui, Rouault, "The Hidden Vulnerability of Distributed Learning in Byzantium", 2018).
func bulyan(faulty int) reducer {
	return func(vectors [][]float64, divisors, _, into []float64) {
		n := len(vectors)
		apart, left := squaredDistances(vectors, divisors), upTo(n)
		var chosen []int
		for range max(1, n-2*faulty) {
			best := byScore(apart, left, faulty)[0]
			chosen = append(chosen, best)
			left = slices.DeleteFunc(left, func(k int) bool { return k == best })
		}
		slices.Sort(chosen)
		column, nearest := make([]float64, len(chosen)), max(1, n-4*faulty)
		for i := range into {
			for k, member := range chosen {
				column[k] = vectors[member][i] / divisors[member]
			}
			into[i] = meanNearMedian(column, nearest)
		}
	}
}

// meanNearMedian is the mean of the values nearest to the median; of two equally near, it is the
// smaller one that counts. It sorts column.
func meanNearMedian(column []float64, nearest int) float64 {
	median := numeric.Median(column)
	from := 0 // sorted, the nearest are neighbours
	for from+nearest < len(column) && column[from+nearest]-median < median-column[from] {
		from++
	}
	var sum float64
	for _, v := range column[from : from+nearest] {
		sum += v / float64(nearest)
	}
	return sum
}

// byScore orders the members by their Krum scores among each other, and equals by their number.
func byScore(apart [][]float64, members []int, faulty int) []int {
	scores := make(map[int]float64, len(members))
	row := make([]float64, 0, len(members))
	for _, i := range members {
		row = row[:0]
		for _, j := range members {
			if j != i {
				row = append(row, apart[i][j])
			}
		}
		slices.Sort(row)
		scores[i] = floats.Sum(row[:min(max(1, len(members)-faulty-2), len(row))]) // the last of bulyan's choices have few neighbours
	}
	ordered := slices.Clone(members)
	slices.SortStableFunc(ordered, func(i, j int) int { return cmp.Compare(scores[i], scores[j]) })
	return ordered
}

// squaredDistances are those between the members' vectors; infinite where they overflow.
func squaredDistances(vectors [][]float64, divisors []float64) [][]float64 {
	apart := make([][]float64, len(vectors))
	for i := range apart {
		apart[i] = make([]float64, len(vectors))
		for j := range i {
			var sum float64
			for k, v := range vectors[i] {
				d := v/divisors[i] - vectors[j][k]/divisors[j]
				sum += d * d
			}
			apart[i][j], apart[j][i] = sum, sum
		}
	}
	return apart
}

// meanOf is the mean of some members' vectors. into may be the first of all the vectors, so each
// number is read from all of them before it is written.
func meanOf(vectors [][]float64, divisors []float64, members []int, into []float64) {
	for i := range into {
		var sum float64
		for _, k := range members {
			sum += vectors[k][i] / divisors[k] / float64(len(members))
		}
		into[i] = sum
	}
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
