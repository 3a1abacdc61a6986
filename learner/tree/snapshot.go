package tree

import (
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
)

// Write stores the tree as fields of a snapshot: features, classes,
// importances, then the nodes in preorder: a split as its feature, a leaf as
// its answer. Where a right child begins follows from that order and is not
// stored.
func (t *Tree) Write(w *snapshot.Writer) {
	w.Int(t.features)
	w.Int(t.classes)
	w.Floats(t.importances)
	kinds := make([]int32, len(t.nodes))
	var thresholds []float64
	for i, n := range t.nodes {
		if n.kind&leafFlag != 0 {
			kinds[i] = int32(n.kind | n.next)
			continue
		}
		kinds[i] = int32(n.kind)
		thresholds = append(thresholds, n.threshold)
	}
	w.Int32s(kinds)
	w.Floats(thresholds)
	w.Floats(t.values)
}

// ReadTree reads what Write stored. A tree that is for another task or that
// cannot be walked fails the reader; the tree is of use only if r has no error.
func ReadTree(r *snapshot.Reader, task learner.Task) *Tree {
	t := &Tree{features: r.Count(maxFeature), classes: r.Count(math.MaxInt32), importances: r.FiniteFloats()}
	kinds, thresholds := r.Int32s(), r.Floats()
	t.values = r.FiniteFloats()
	if r.Err() != nil {
		return t
	}
	if (t.classes > 0) != (task == learner.Classification) {
		r.Failf("a tree with %d classes is not for %s", t.classes, task)
		return t
	}
	if t.features < 1 || len(t.importances) != t.features {
		r.Failf("%d importances for %d features", len(t.importances), t.features)
		return t
	}
	for f, v := range t.importances {
		if v < 0 {
			r.Failf("feature %d has the importance %v", f, v)
		}
	}
	if len(t.values)%t.Outputs() != 0 {
		r.Failf("%d values for answers of %d", len(t.values), t.Outputs())
		return t
	}
	t.link(r, kinds, thresholds)
	if t.classes > 0 {
		t.checkShares(r)
	}
	return t
}

// link makes the nodes from their preorder.
func (t *Tree) link(r *snapshot.Reader, kinds []int32, thresholds []float64) {
	t.nodes = make([]node, len(kinds))
	answers := uint32(len(t.values) / t.Outputs())
	var open []int // splits that wait for their right child
	for i, k := range kinds {
		n := &t.nodes[i]
		n.kind = uint32(k)
		t.depth = max(t.depth, len(open))
		last := i == len(kinds)-1
		if n.kind&leafFlag != 0 {
			n.kind, n.next = leafFlag, n.kind&^leafFlag
			t.leaves++
			if n.next >= answers {
				r.Failf("leaf %d has answer %d of %d", i, n.next, answers)
				return
			}
			if last != (len(open) == 0) {
				r.Failf("the tree is over at node %d of %d, or is not at its end", i, len(kinds))
				return
			}
			if !last {
				t.nodes[open[len(open)-1]].next = uint32(i + 1)
				open = open[:len(open)-1]
			}
			continue
		}
		if last || len(thresholds) == 0 {
			r.Failf("split %d of %d nodes has no children or no threshold", i, len(kinds))
			return
		}
		if f := n.kind & maxFeature; int(f) >= t.features {
			r.Failf("node %d splits feature %d of %d", i, f, t.features)
			return
		}
		n.threshold, thresholds = thresholds[0], thresholds[1:]
		if math.IsNaN(n.threshold) || math.IsInf(n.threshold, -1) {
			r.Failf("node %d has the threshold %v", i, n.threshold)
			return
		}
		open = append(open, i)
	}
	if len(kinds) == 0 || len(thresholds) > 0 {
		r.Failf("%d nodes, %d thresholds too many", len(kinds), len(thresholds))
	}
}

// checkShares: a classifier's answers are probabilities.
func (t *Tree) checkShares(r *snapshot.Reader) {
	for at := range len(t.values) / t.Outputs() {
		sum := 0.0
		for _, v := range t.Values(at) {
			if v < 0 || v > 1 {
				r.Failf("answer %d has the probability %v", at, v)
				return
			}
			sum += v
		}
		if math.Abs(sum-1) > 1e-9 {
			r.Failf("the probabilities of answer %d add up to %v", at, sum)
			return
		}
	}
}
