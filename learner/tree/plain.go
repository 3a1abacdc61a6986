package tree

import (
	"slices"

	"github.com/gochimera/chimera/learner"
)

// Plain is the tree as plain arrays, with the nodes in the same order.
func (t *Tree) Plain() learner.DecisionTree {
	plain := learner.DecisionTree{Nodes: make([]learner.TreeNode, len(t.nodes)), Values: slices.Clone(t.values)}
	for i, n := range t.nodes {
		if n.kind&leafFlag != 0 {
			plain.Nodes[i] = learner.TreeNode{Feature: -1, Answer: int(n.next)}
			continue
		}
		plain.Nodes[i] = learner.TreeNode{
			Feature: int(n.kind & maxFeature), Threshold: n.threshold, MissingLeft: n.kind&missingLeftFlag != 0, Left: i + 1, Right: int(n.next),
		}
	}
	return plain
}

// Forest is this tree alone; nil before Fit.
func (m *Classifier) Forest() *learner.Forest { return m.tree.alone() }

// Forest is this tree alone; nil before Fit.
func (m *Regressor) Forest() *learner.Forest { return m.tree.alone() }

func (t *Tree) alone() *learner.Forest {
	if t == nil {
		return nil
	}
	return Mean(t)
}

// Mean is the forest whose answers are the mean of the trees' ones.
func Mean(trees ...*Tree) *learner.Forest {
	f := &learner.Forest{
		Features: trees[0].features, Outputs: trees[0].Outputs(), Trees: make([]learner.DecisionTree, len(trees)),
		Scale: 1 / float64(len(trees)), Link: learner.IdentityLink,
	}
	for i, t := range trees {
		f.Trees[i] = t.Plain()
	}
	return f
}

var (
	_ learner.Forester = (*Classifier)(nil)
	_ learner.Forester = (*Regressor)(nil)
)
