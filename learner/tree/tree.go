package tree

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// Tree is a grown tree. It does not change, so any number of goroutines may use
// it at once.
type Tree struct {
	features    int
	classes     int       // 0: a regression tree
	nodes       []node    // in preorder: a node's left child comes right after it
	values      []float64 // answers, Outputs numbers each
	importances []float64 // one per feature; sum 1, or all 0
	depth       int
	leaves      int
}

// node is a split or a leaf. A row goes left if its value is at most the
// threshold.
type node struct {
	threshold float64
	kind      uint32 // the feature, and the two flags below
	next      uint32 // a split's right child, or a leaf's answer
}

const (
	leafFlag        = 1 << 31
	missingLeftFlag = 1 << 30
	maxFeature      = missingLeftFlag - 1
)

// newTree brings the nodes into preorder and keeps the answers of leaves, that
// of rows of one class once.
func newTree(t *Table, nodes []grown, values []float64) *Tree {
	out := &Tree{features: len(t.columns), classes: t.classes, importances: make([]float64, len(t.columns))}
	k := out.Outputs()
	pure := make([]uint32, t.classes) // where the answer of one class is, plus 1
	answer := func(n *grown) uint32 {
		at := uint32(len(out.values) / k)
		if n.answer >= 0 {
			out.values = append(out.values, values[n.answer*k:(n.answer+1)*k]...)
			return at
		}
		class := pureAnswer(n.answer) // it is its own inverse
		if pure[class] == 0 {
			out.values = append(out.values, make([]float64, k)...)
			out.values[int(at)*k+class] = 1
			pure[class] = at + 1
		}
		return pure[class] - 1
	}
	type visit struct{ node, depth, parent int } // parent: in the new order, whose right child this is, or -1
	todo := []visit{{0, 0, -1}}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		n := &nodes[v.node]
		if v.parent >= 0 {
			out.nodes[v.parent].next = uint32(len(out.nodes))
		}
		out.depth = max(out.depth, v.depth)
		if n.feature < 0 {
			out.nodes = append(out.nodes, node{kind: leafFlag, next: answer(n)})
			out.leaves++
			continue
		}
		kind := uint32(n.feature)
		if n.missingLeft {
			kind |= missingLeftFlag
		}
		out.importances[n.feature] += n.decrease
		todo = append(todo, visit{n.right, v.depth + 1, len(out.nodes)}, visit{n.left, v.depth + 1, -1})
		out.nodes = append(out.nodes, node{threshold: n.threshold, kind: kind})
	}
	normalise(out.importances)
	return out
}

// normalise makes the values add up to 1, unless they are all 0.
func normalise(values []float64) {
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	if most == 0 {
		return
	}
	sum := 0.0
	for i := range values {
		values[i] /= most // so that the sum is finite
		sum += values[i]
	}
	for i := range values {
		values[i] /= sum
	}
}

// Features is the number of features that the tree was grown with.
func (t *Tree) Features() int { return t.features }

// Outputs is how many numbers an answer has: one probability per class of the
// schema, or one value.
func (t *Tree) Outputs() int { return max(t.classes, 1) }

// Depth is the number of splits on the longest way from the root to a leaf.
func (t *Tree) Depth() int { return t.depth }

// Leaves is the number of leaves.
func (t *Tree) Leaves() int { return t.leaves }

// Importances is the share of each feature in the decrease of the impurity,
// weighted by rows (Breiman et al. 1984, section 5.3.4). The caller must not
// change it.
func (t *Tree) Importances() []float64 { return t.importances }

// Find answers a row of Features values: it returns the place of the answer,
// for Values. Leaves may share an answer.
func (t *Tree) Find(row []float64) int {
	row = row[:t.features]
	i := uint32(0)
	for {
		n := &t.nodes[i]
		if n.kind&leafFlag != 0 {
			return int(n.next)
		}
		v := row[n.kind&maxFeature]
		i++
		if !(v <= n.threshold) && (!math.IsNaN(v) || n.kind&missingLeftFlag == 0) {
			i = n.next
		}
	}
}

// FindAll writes the place of the answer to each row of x (rows x Features)
// into places. The error is ctx's.
func (t *Tree) FindAll(ctx context.Context, x *mat.Dense, places []int) error {
	raw := x.RawMatrix()
	poll := learner.NewPoll(ctx, pollBudget)
	for i := range places {
		if err := poll.Work(t.depth + 1); err != nil {
			return err
		}
		places[i] = t.Find(raw.Data[i*raw.Stride : i*raw.Stride+t.features])
	}
	return nil
}

// Values is the answer at a place that Find returned: Outputs numbers. The
// caller must not change it.
func (t *Tree) Values(place int) []float64 {
	k := t.Outputs()
	return t.values[place*k : (place+1)*k : (place+1)*k]
}

// likeliest is the first of the largest values.
func likeliest(p []float64) int {
	best, most := 0, math.Inf(-1)
	for k, v := range p {
		if v > most {
			best, most = k, v
		}
	}
	return best
}
