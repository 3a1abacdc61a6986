package pipeline

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
)

// Balance cuts layers into p contiguous stages, with at least one layer each, such that the cost of
// the most expensive stage is minimal; among such cuts, it minimises the number of values per row that
// are sent between stages; among those, it takes the first. Stage i has the layers [cuts[i],
// cuts[i+1]).
func Balance(layers []learner.LayerSpec, p int) (cuts []int, err error) {
	n := len(layers)
	if p < 1 || p > n {
		return nil, fmt.Errorf("a network of %d layers cannot be cut into %d stages", n, p)
	}
	before := make([]float64, n+1) // the total cost of the layers before each
	for i, l := range layers {
		before[i+1] = before[i] + l.Cost
	}
	cost := func(from, to int) float64 { return before[to] - before[from] }
	bound := best(n, p, func(from, to int, rest float64) float64 { return max(cost(from, to), rest) }).value[p][0]
	bound += 1e-9 * math.Abs(bound) // differences of sums are not exact
	return best(n, p, func(from, to int, rest float64) float64 {
		if cost(from, to) > bound {
			return math.Inf(1)
		}
		if to == n {
			return rest
		}
		return rest + float64(layers[to-1].Out)
	}).cuts(), nil
}

// table has, for k stages and the layers from i on, the minimal value and the end of the first of the
// stages.
type table struct {
	value [][]float64
	end   [][]int
}

// best finds the cut of n layers into p stages with the minimal value. join computes a value from the
// first stage and the value of the rest.
func best(n, p int, join func(from, to int, rest float64) float64) *table {
	t := &table{value: make([][]float64, p+1), end: make([][]int, p+1)}
	for k := range p + 1 {
		t.value[k], t.end[k] = make([]float64, n+1), make([]int, n+1)
		for i := range n + 1 {
			t.value[k][i] = math.Inf(1)
			if k == 0 {
				continue
			}
			for to := i + 1; to <= n; to++ {
				if v := join(i, to, t.value[k-1][to]); v < t.value[k][i] {
					t.value[k][i], t.end[k][i] = v, to
				}
			}
		}
		if k == 0 {
			t.value[0][n] = 0
		}
	}
	return t
}

func (t *table) cuts() []int {
	at := 0
	cuts := []int{0}
	for k := len(t.end) - 1; k > 0; k-- {
		at = t.end[k][at]
		cuts = append(cuts, at)
	}
	return cuts
}

// Given makes a cut from the number of layers of each stage.
func Given(layers []int, n int) (cuts []int, err error) {
	cuts = []int{0}
	for i, count := range layers {
		if count < 1 {
			return nil, fmt.Errorf("stage %d has %d layers, want at least 1", i+1, count)
		}
		cuts = append(cuts, cuts[i]+count)
	}
	if total := cuts[len(cuts)-1]; total != n {
		return nil, fmt.Errorf("the stages have %d layers in total, but the network has %d", total, n)
	}
	return cuts, nil
}
