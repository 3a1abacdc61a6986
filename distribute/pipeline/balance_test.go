package pipeline

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gochimera/chimera/learner"
)

// TestBalance compares with every possible cut.
func TestBalance(t *testing.T) {
	random := learner.NewRand(1)
	for n := 1; n <= 8; n++ {
		var layers []learner.LayerSpec
		for range n {
			layers = append(layers, learner.LayerSpec{Cost: float64(random.IntN(6)), Out: 1 + random.IntN(4)})
		}
		for p := 1; p <= n; p++ {
			t.Run(fmt.Sprintf("%d layers, %d stages", n, p), func(t *testing.T) {
				cuts, err := Balance(layers, p)
				if err != nil {
					t.Fatal(err)
				}
				if len(cuts) != p+1 || cuts[0] != 0 || cuts[p] != n {
					t.Fatalf("cuts %v", cuts)
				}
				cost, width := judge(layers, cuts)
				bestCost, bestWidth := math.Inf(1), 0
				everyCut(n, p, []int{0}, func(other []int) {
					c, w := judge(layers, other)
					if c < bestCost || c == bestCost && w < bestWidth {
						bestCost, bestWidth = c, w
					}
				})
				if cost != bestCost || width != bestWidth {
					t.Errorf("cuts %v cost %v and send %d values; the best cost %v and send %d", cuts, cost, width, bestCost, bestWidth)
				}
			})
		}
	}
	if _, err := Balance(make([]learner.LayerSpec, 2), 3); err == nil {
		t.Error("three stages of two layers: no error")
	}
}

// judge is the cost of the most expensive stage and the number of values sent between stages.
func judge(layers []learner.LayerSpec, cuts []int) (worst float64, width int) {
	for i := 1; i < len(cuts); i++ {
		var cost float64
		for _, l := range layers[cuts[i-1]:cuts[i]] {
			cost += l.Cost
		}
		worst = max(worst, cost)
		if i < len(cuts)-1 {
			width += layers[cuts[i]-1].Out
		}
	}
	return worst, width
}

func everyCut(n, p int, cuts []int, f func([]int)) {
	if p == 1 {
		f(append(slices.Clone(cuts), n))
		return
	}
	for next := cuts[len(cuts)-1] + 1; next <= n-p+1; next++ {
		everyCut(n, p-1, append(slices.Clone(cuts), next), f)
	}
}

func TestGiven(t *testing.T) {
	cuts, err := Given([]int{2, 1, 3}, 6)
	if err != nil || !slices.Equal(cuts, []int{0, 2, 3, 6}) {
		t.Errorf("cuts %v, %v", cuts, err)
	}
	for _, bad := range [][]int{{2, 0, 4}, {2, 2}, {7}} {
		if _, err := Given(bad, 6); err == nil {
			t.Errorf("%v of 6 layers: no error", bad)
		}
	}
}
