package split

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// dealer says for each row, in the file's order, where it goes. Rows are in
// groups (classes, or one group of all), and each group has so many rows for
// each destination. A row goes to one of its group's destinations at random, in
// proportion to what they still lack: that is a uniform draw among all ways to
// deal the group out so (Knuth, TAOCP 2, 3.4.2, algorithm S).
type dealer struct {
	lacking [][]int // rows that a group still owes, by group and destination; the last destination is the holdout
	left    []int   // their sums, by group
	inOrder bool    // workers in the file's order, one after another
	random  *rand.Rand
}

// holdout is the destination of a row that is held out.
const holdout = -1

// draw is the worker of the next row of a group, or holdout.
func (d *dealer) draw(group int) int {
	lacking := d.lacking[group]
	test := len(lacking) - 1
	draw := d.random.IntN(d.left[group])
	d.left[group]--
	if draw < lacking[test] {
		lacking[test]--
		return holdout
	}
	draw -= lacking[test]
	for w := range test {
		if draw < lacking[w] || d.inOrder && lacking[w] > 0 {
			lacking[w]--
			return w
		}
		draw -= lacking[w]
	}
	panic("split: a row for which there is no place") // left is the sum of lacking
}

// newDealer decides how many rows of each group go where.
func newDealer(c *census, s Strategy, workers int, hold Holdout, seed uint64) (*dealer, error) {
	d := &dealer{inOrder: s.Kind == Contiguous, random: learner.NewRand(learner.Seed(seed, "split", "rows"))}
	groups := []int{c.rows}
	if c.Counts != nil && s.Kind != Contiguous { // a test set has the classes in their shares
		groups = c.Counts
	}
	held := apportion(hold.of(c.rows), floats(groups))
	for g, n := range groups {
		if held[g] > n {
			return nil, refuse("--holdout: %d rows are to be held out, but there are only %d", hold.of(c.rows), c.rows)
		}
	}
	rest := make([]int, len(groups))
	total := 0
	for g, n := range groups {
		rest[g] = n - held[g]
		total += rest[g]
	}
	least := workers // each needs a row
	if s.Kind == Replicate {
		least = 1
	}
	if total < least {
		return nil, refuse("%d rows are left for %d workers, and each needs at least one", total, workers)
	}
	shares, err := s.deal(rest, workers, learner.NewRand(learner.Seed(seed, "split", "shares")))
	if err != nil {
		return nil, err
	}
	for g := range groups {
		d.lacking = append(d.lacking, append(shares[g], held[g]))
		d.left = append(d.left, groups[g])
	}
	return d, nil
}

// deal says how many rows of each group each worker gets: groups x workers.
func (s Strategy) deal(groups []int, workers int, random *rand.Rand) ([][]int, error) {
	switch s.Kind {
	case Dirichlet:
		return s.dealDirichlet(groups, workers, random)
	case Size:
		return byTotals(groups, apportion(sum(groups), s.Shares), random), nil
	case Replicate: // the copies are made by who asks
		out := make([][]int, len(groups))
		for g, n := range groups {
			out[g] = make([]int, workers)
			out[g][0] = n
		}
		return out, nil
	case Stratified:
		out, turn := make([][]int, len(groups)), 0
		for g, n := range groups { // those left over go round, so that totals stay even
			out[g] = make([]int, workers)
			for w := range workers {
				out[g][w] = n / workers
			}
			for range n % workers {
				out[g][turn%workers]++
				turn++
			}
		}
		return out, nil
	default:
		return byTotals(groups, apportion(sum(groups), slices.Repeat([]float64{1}, workers)), random), nil
	}
}

// tries bounds how often shares are drawn until every worker has a row.
const tries = 1000

// dealDirichlet draws for each class the workers' shares of it from a symmetric
// Dirichlet distribution, and again if a worker would have no row.
func (s Strategy) dealDirichlet(groups []int, workers int, random *rand.Rand) ([][]int, error) {
	for range tries {
		out, totals := make([][]int, len(groups)), make([]int, workers)
		for g, n := range groups {
			out[g] = apportion(n, dirichlet(s.Alpha, workers, random))
			for w, k := range out[g] {
				totals[w] += k
			}
		}
		if slices.Min(totals) > 0 {
			return out, nil
		}
	}
	return nil, refuse("--by %s: some worker would have no rows in each of %d draws; use a larger alpha, fewer workers or more rows", s, tries)
}

// dirichlet draws shares: gamma variates over their sum. In logarithms, since
// those of a small alpha are smaller than the smallest float.
func dirichlet(alpha float64, n int, random *rand.Rand) []float64 {
	logs := make([]float64, n)
	for i := range logs {
		logs[i] = logGamma(alpha, random)
	}
	most := slices.Max(logs)
	shares := make([]float64, n)
	for i, l := range logs {
		shares[i] = math.Exp(l - most)
	}
	return shares
}

// logGamma is the logarithm of a gamma variate (Marsaglia and Tsang 2000, with
// their boost for a shape below 1).
func logGamma(shape float64, random *rand.Rand) float64 {
	var boost float64
	if shape < 1 {
		boost = math.Log(1-random.Float64()) / shape
		shape++
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := random.NormFloat64()
		v := 1 + c*x
		v = v * v * v
		if v <= 0 {
			continue
		}
		if math.Log(1-random.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return boost + math.Log(d*v)
		}
	}
}

// byTotals draws how many rows of each group a worker gets when rows are dealt
// at random and each worker's total is given: the groups x workers table of a
// random deal, drawn group after group.
func byTotals(groups, totals []int, random *rand.Rand) [][]int {
	open := slices.Clone(totals)
	left := sum(open)
	out := make([][]int, len(groups))
	for g, n := range groups {
		out[g] = make([]int, len(totals))
		for range n {
			draw := random.IntN(left)
			left--
			w := 0
			for draw >= open[w] {
				draw -= open[w]
				w++
			}
			open[w]--
			out[g][w]++
		}
	}
	return out
}

// apportion divides n in proportion to shares: everyone gets the whole part, the
// rest goes by the largest remainder (Hamilton), the first of equal ones.
func apportion(n int, shares []float64) []int {
	var total float64
	for _, s := range shares {
		total += s
	}
	out, remainders := make([]int, len(shares)), make([]float64, len(shares))
	given := 0
	for i, s := range shares {
		exact := float64(n) * (s / total)
		out[i] = int(exact)
		remainders[i] = exact - float64(out[i])
		given += out[i]
	}
	for ; given < n; given++ {
		i := slices.Index(remainders, slices.Max(remainders))
		out[i]++
		remainders[i] = -1
	}
	return out
}

func floats(values []int) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

func sum(values []int) int {
	s := 0
	for _, v := range values {
		s += v
	}
	return s
}
