package splittree

import (
	"slices"

	"github.com/gochimera/chimera/learner/snapshot"
)

// Tree is a binary decision tree over numbers. Its nodes are numbered parents
// first, the root is 0.
type Tree struct {
	outputs   int       // values per leaf
	feature   []int32   // one per node; -1 in a leaf
	threshold []float64 // one per node: rows with a value <= it go left
	left      []int32   // one per node: the left child, or the number of a leaf
	right     []int32   // one per node: the right child
	values    []float64 // leaves x outputs
}

// leaf adds a leaf and returns its node.
func (t *Tree) leaf(values []float64) int32 {
	t.left = append(t.left, int32(len(t.values)/t.outputs))
	t.values = append(t.values, values...)
	t.feature, t.threshold, t.right = append(t.feature, -1), append(t.threshold, 0), append(t.right, 0)
	return int32(len(t.feature) - 1)
}

// split adds an inner node, whose children are still to come, and returns it.
func (t *Tree) split(feature int, threshold float64) int32 {
	t.feature, t.threshold = append(t.feature, int32(feature)), append(t.threshold, threshold)
	t.left, t.right = append(t.left, 0), append(t.right, 0)
	return int32(len(t.feature) - 1)
}

// join gives a split its children.
func (t *Tree) join(at, left, right int32) { t.left[at], t.right[at] = left, right }

// Values are those of the leaf that a row ends in; they are the tree's own
// memory.
func (t *Tree) Values(row []float64) []float64 {
	at := int32(0)
	for t.feature[at] >= 0 {
		if row[t.feature[at]] <= t.threshold[at] {
			at = t.left[at]
		} else {
			at = t.right[at]
		}
	}
	leaf := int(t.left[at])
	return t.values[leaf*t.outputs : (leaf+1)*t.outputs]
}

// Write stores t in a snapshot.
func (t *Tree) Write(w *snapshot.Writer) {
	w.Int32s(t.feature)
	w.Floats(t.threshold)
	w.Int32s(t.left)
	w.Int32s(t.right)
	w.Floats(t.values)
}

// ReadTree reads what Write stored: a tree over width features with outputs
// finite values per leaf, each of them valid. What does not make sense is the
// reader's error.
func ReadTree(r *snapshot.Reader, width, outputs int, valid func(float64) bool) *Tree {
	t := &Tree{outputs: outputs, feature: r.Int32s(), threshold: r.FiniteFloats(), left: r.Int32s(), right: r.Int32s(), values: r.FiniteFloats()}
	if r.Err() != nil {
		return nil
	}
	n := len(t.feature)
	if n == 0 || len(t.threshold) != n || len(t.left) != n || len(t.right) != n || len(t.values)%outputs != 0 {
		r.Failf("a tree of %d nodes whose parts differ in length", n)
		return nil
	}
	leaves := len(t.values) / outputs
	for i, feature := range t.feature {
		left, right := int(t.left[i]), int(t.right[i])
		switch {
		case feature == -1:
			if left < 0 || left >= leaves || right != 0 {
				r.Failf("node %d is leaf %d of %d", i, left, leaves)
			}
		case feature < -1 || int(feature) >= width:
			r.Failf("node %d splits feature %d of %d", i, feature, width)
		case left <= i || left >= n || right <= i || right >= n: // a child after its parent: no circles
			r.Failf("node %d of %d has the children %d and %d", i, n, left, right)
		}
	}
	if i := slices.IndexFunc(t.values, func(v float64) bool { return !valid(v) }); i >= 0 {
		r.Failf("a leaf holds %v", t.values[i])
	}
	return t
}
