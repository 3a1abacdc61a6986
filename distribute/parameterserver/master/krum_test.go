package master

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/learner"
)

// slowScore is the Krum score of a vector among some, written from the definition.
func slowScore(vectors [][]float64, among []int, i, faulty int) (score float64) {
	var distances []float64
	for _, j := range among {
		if j != i {
			d := floats.Distance(vectors[i], vectors[j], 2)
			distances = append(distances, d*d)
		}
	}
	slices.Sort(distances)
	for k := range max(1, len(among)-faulty-2) {
		if k < len(distances) {
			score += distances[k]
		}
	}
	return score
}

// slowBest is the first member with the least score.
func slowBest(vectors [][]float64, among []int, faulty int) (best int) {
	least := math.Inf(1)
	for _, i := range among {
		if s := slowScore(vectors, among, i, faulty); s < least {
			best, least = i, s
		}
	}
	return best
}

func without(members []int, one int) (rest []int) {
	for _, m := range members {
		if m != one {
			rest = append(rest, m)
		}
	}
	return rest
}

// slowReference computes the aggregations of whole vectors from their definitions.
func slowReference(aggregation string, vectors [][]float64, faulty int) []float64 {
	n, out := len(vectors), make([]float64, len(vectors[0]))
	switch aggregation {
	case parameterserver.AggregateKrum:
		copy(out, vectors[slowBest(vectors, upTo(n), faulty)])
	case parameterserver.AggregateMultiKrum:
		// one after the other out of all scores, which stay those among all vectors
		var scores []float64
		for i := range n {
			scores = append(scores, slowScore(vectors, upTo(n), i, faulty))
		}
		for range n - faulty - 2 {
			i := floats.MinIdx(scores)
			scores[i] = math.Inf(1)
			floats.AddScaled(out, 1/float64(n-faulty-2), vectors[i])
		}
	case parameterserver.AggregateBulyan:
		left, chosen := upTo(n), []int(nil)
		for range n - 2*faulty {
			best := slowBest(vectors, left, faulty)
			chosen, left = append(chosen, best), without(left, best)
		}
		for k := range out {
			var column []float64
			for _, i := range chosen {
				column = append(column, vectors[i][k])
			}
			slices.Sort(column)
			median := column[len(column)/2]
			if len(column)%2 == 0 {
				median = (column[len(column)/2-1] + median) / 2
			}
			for range n - 4*faulty { // the nearest that is left
				at := 0
				for j, v := range column {
					if math.Abs(v-median) < math.Abs(column[at]-median) {
						at = j
					}
				}
				out[k] += column[at] / float64(n-4*faulty)
				column = slices.Delete(column, at, at+1)
			}
		}
	}
	return out
}

// drawn are n vectors of the members around a center, each divided later by its divisor.
func drawn(seed uint64, n, length int) (vectors [][]float64, divisors []float64, whole [][]float64) {
	random := learner.NewRand(seed)
	for k := range n {
		divisor := float64(1 + k%3)
		v, w := make([]float64, length), make([]float64, length)
		for i := range v {
			w[i] = float64(i) + random.NormFloat64()
			v[i] = w[i] * divisor
		}
		vectors, divisors, whole = append(vectors, v), append(divisors, divisor), append(whole, w)
	}
	return vectors, divisors, whole
}

var ofVectors = []string{parameterserver.AggregateKrum, parameterserver.AggregateMultiKrum, parameterserver.AggregateBulyan}

func reduced(aggregation string, faulty int, vectors [][]float64, divisors []float64) []float64 {
	into := make([]float64, len(vectors[0]))
	newReducer(parameterserver.Settings{Aggregation: aggregation, Faulty: faulty})(vectors, divisors, divisors, into)
	return into
}

// Krum, Multi-Krum and Bulyan are what their definitions say, for all numbers of faulty workers that
// they allow.
func TestKrumAgainstItsDefinition(t *testing.T) {
	for seed := range uint64(40) {
		for _, aggregation := range ofVectors {
			for faulty := range 3 {
				n := 2*faulty + 3 + int(seed%3)
				if aggregation == parameterserver.AggregateBulyan {
					n += 2 * faulty
				}
				vectors, divisors, whole := drawn(seed, n, 4)
				for k := range faulty {
					floats.Scale(-1e3, vectors[2*k])
					floats.Scale(-1e3, whole[2*k])
				}
				got, want := reduced(aggregation, faulty, vectors, divisors), slowReference(aggregation, whole, faulty)
				if !floats.EqualApprox(got, want, 1e-9) {
					t.Errorf("%s of %d with %d faulty, seed %d: %v, want %v", aggregation, n, faulty, seed, got, want)
				}
			}
		}
	}
}

// Of equal vectors, the first member's counts: the answer is the same bits in every run.
func TestKrumTies(t *testing.T) {
	vectors, ones := [][]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0.5, 0.5}}, []float64{1, 1, 1, 1, 1}
	if got := reduced(parameterserver.AggregateKrum, 1, vectors, ones); got[0] != 0.5 || got[1] != 0.5 {
		t.Errorf("%v", got) // the center has two neighbours at 0.5, the corners one
	}
	square := [][]float64{{0, 0}, {2, 0}, {2, 2}, {0, 2}, {9, 9}}
	for range 10 {
		if got := reduced(parameterserver.AggregateKrum, 1, square, ones); got[0] != 0 || got[1] != 0 {
			t.Fatalf("of four corners, Krum takes %v, not the first", got)
		}
	}
	if got := meanNearMedian([]float64{5, 1, 3}, 2); got != 2 { // 1 and 5 are equally near to 3
		t.Errorf("%v", got)
	}
}

// With as many faulty members as an aggregation allows, its result stays among the honest vectors,
// however large the others; overflowing distances are infinite, and no harm. Honest vectors that are
// equal give themselves.
func TestRobustAggregationsHold(t *testing.T) {
	for _, aggregation := range append([]string{parameterserver.AggregateGeometricMedian}, ofVectors...) {
		for _, size := range []float64{-1, 30, 1e6, 1e300, -math.MaxFloat64} {
			for faulty := 1; faulty <= 2; faulty++ {
				n := 4*faulty + 3
				vectors, _, honest := drawn(uint64(faulty), n, 5)
				ones := make([]float64, n)
				for k := range ones {
					ones[k] = 1
					copy(vectors[k], honest[k])
					if k < faulty {
						for i := range vectors[k] {
							vectors[k][i] = size
						}
					}
				}
				got := reduced(aggregation, faulty, vectors, ones)
				for i, v := range got {
					if !(math.Abs(v-float64(i)) < 4) { // the honest ones are drawn around i with deviation 1
						t.Errorf("%s with %d of %d at %g: number %d is %v", aggregation, faulty, n, size, i, v)
					}
				}
				for k := faulty; k < n; k++ {
					copy(vectors[k], honest[n-1])
				}
				if got := reduced(aggregation, faulty, vectors, ones); !floats.EqualApprox(got, honest[n-1], 1e-5) {
					t.Errorf("%s with %d of %d at %g among equals: %v, want %v", aggregation, faulty, n, size, got, honest[n-1])
				}
			}
		}
	}
}

// The geometric median moves and grows with its vectors, is the median of single numbers, and the
// Fermat point of a triangle, from which its corners appear at 120 degrees.
func TestGeometricMedian(t *testing.T) {
	of := func(vectors ...[]float64) []float64 {
		divisors := make([]float64, len(vectors))
		floats.AddConst(1, divisors)
		return reduced(parameterserver.AggregateGeometricMedian, 1, vectors, divisors)
	}
	if got := of([]float64{3}, []float64{-100}, []float64{5}, []float64{4}, []float64{1e9}); math.Abs(got[0]-4) > 1e-4 {
		t.Errorf("of numbers: %v, want their median, 4", got)
	}
	a, b, c := []float64{0, 0}, []float64{4, 0}, []float64{1, 3}
	p := of(a, b, c)
	angle := func(x, y []float64) float64 {
		u, v := []float64{x[0] - p[0], x[1] - p[1]}, []float64{y[0] - p[0], y[1] - p[1]}
		return math.Acos(floats.Dot(u, v)/floats.Norm(u, 2)/floats.Norm(v, 2)) * 180 / math.Pi
	}
	for name, got := range map[string]float64{"ab": angle(a, b), "bc": angle(b, c), "ca": angle(c, a)} {
		if math.Abs(got-120) > 1e-3 {
			t.Errorf("Fermat point %v: the angle %s is %v degrees", p, name, got)
		}
	}
	moved := of([]float64{7, 10}, []float64{19, 10}, []float64{10, 19})
	if !floats.EqualApprox(moved, []float64{7 + 3*p[0], 10 + 3*p[1]}, 1e-6) {
		t.Errorf("moved and grown: %v from %v", moved, p)
	}
	// no point nearby has a smaller sum of distances
	vectors, divisors, whole := drawn(3, 9, 3)
	best := reduced(parameterserver.AggregateGeometricMedian, 1, vectors, divisors)
	sum := func(x []float64) (s float64) {
		for _, v := range whole {
			s += floats.Distance(x, v, 2)
		}
		return s
	}
	for i := range best {
		for _, by := range []float64{-1e-3, 1e-3} {
			x := slices.Clone(best)
			x[i] += by
			if sum(x) < sum(best) {
				t.Errorf("%v is better than %v", x, best)
			}
		}
	}
}

// A reducer may write to the first vector, as a step does to save memory, and does not change the others.
func TestReducersInPlace(t *testing.T) {
	for _, aggregation := range append([]string{"mean", "median", "trimmed_mean", "geometric_median"}, ofVectors...) {
		vectors, divisors, _ := drawn(5, 7, 6)
		s := parameterserver.Settings{Aggregation: aggregation, Faulty: 1, Trim: 1}
		want, kept := make([]float64, 6), fmt.Sprint(vectors[1:])
		newReducer(s)(vectors, divisors, divisors, want)
		newReducer(s)(vectors, divisors, divisors, vectors[0])
		if !slices.Equal(vectors[0], want) || fmt.Sprint(vectors[1:]) != kept {
			t.Errorf("%s: %v in place, want %v", aggregation, vectors[0], want)
		}
	}
}
