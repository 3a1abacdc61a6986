package boosting

import "github.com/gochimera/chimera/learner"

// plain is the trees as plain arrays: each adds to one score.
func (m *model) plain() *learner.Forest {
	if m == nil {
		return nil
	}
	k := len(m.base)
	f := &learner.Forest{Features: m.features, Outputs: k, Base: append([]float64(nil), m.base...), Scale: 1, Link: m.loss.link(k)}
	for i, root := range m.roots {
		last := len(m.nodes)
		if i+1 < len(m.roots) {
			last = int(m.roots[i+1])
		}
		var t learner.DecisionTree
		for at, n := range m.nodes[root:last] {
			if n.kind&leafFlag != 0 {
				t.Nodes = append(t.Nodes, learner.TreeNode{Feature: -1, Answer: len(t.Values) / k})
				values := make([]float64, k)
				values[i%k] = n.value
				t.Values = append(t.Values, values...)
				continue
			}
			split := learner.TreeNode{
				Feature: int(n.kind & featureMask), Threshold: n.value, MissingLeft: n.kind&missingLeftFlag != 0, Left: at + 1, Right: int(n.right) - int(root),
			}
			if n.kind&categoryFlag != 0 {
				split.Threshold, split.Categories = 0, m.sides(&n)
			}
			t.Nodes = append(t.Nodes, split)
		}
		f.Trees = append(f.Trees, t)
	}
	return f
}

// sides are the categories of either side of a split.
func (m *model) sides(n *flat) *learner.TreeCategories {
	sides := &learner.TreeCategories{}
	for at, v := range m.known[n.kind&featureMask] {
		if m.sets[int(n.value)].has(at) {
			sides.Left = append(sides.Left, v)
		} else {
			sides.Right = append(sides.Right, v)
		}
	}
	return sides
}
