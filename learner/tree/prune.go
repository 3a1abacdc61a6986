package tree

// prune turns into leaves the splits that do not pay for the leaves they add:
// minimal cost-complexity pruning (Breiman et al. 1984, section 3.3). cost is
// that of one leaf, in the units of the nodes' decreases. Going from the leaves
// to the root once finds the smallest of the subtrees with the least cost.
func prune(nodes []grown, cost float64) {
	worth := make([]float64, len(nodes)) // what the best subtree saves over a leaf in its place
	for i := len(nodes) - 1; i >= 0; i-- {
		n := &nodes[i] // children come after their parent
		if n.feature < 0 {
			continue
		}
		worth[i] = n.decrease - cost + worth[n.left] + worth[n.right]
		if worth[i] <= 0 {
			worth[i] = 0
			*n = grown{feature: -1, answer: n.answer}
		}
	}
}
