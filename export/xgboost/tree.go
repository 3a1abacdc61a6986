package xgboost

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gochimera/chimera/learner"
)

// tree is XGBoost's JSON of one tree: arrays with one element per node.
type tree struct {
	BaseWeights     floats     `json:"base_weights"`
	Categories      []int      `json:"categories"`
	CategoryNodes   []int      `json:"categories_nodes"`
	CategorySegment []int      `json:"categories_segments"`
	CategorySizes   []int      `json:"categories_sizes"`
	DefaultLeft     []int      `json:"default_left"`
	ID              int        `json:"id"`
	Left            []int32    `json:"left_children"`
	LossChanges     floats     `json:"loss_changes"`
	Parents         []int32    `json:"parents"`
	Right           []int32    `json:"right_children"`
	SplitConditions floats     `json:"split_conditions"` // of a leaf its value
	SplitIndices    []int      `json:"split_indices"`
	SplitType       []int      `json:"split_type"`
	SumHessian      floats     `json:"sum_hessian"`
	Params          treeParams `json:"tree_param"`
}

// floats are written with an exponent each, by which XGBoost tells them from whole numbers.
type floats []float32

// MarshalJSON writes numbers as XGBoost does: 5E-1.
func (f floats) MarshalJSON() ([]byte, error) {
	out := []byte{'['}
	for i, v := range f {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendFloat(out, float64(v), 'E', -1, 32)
	}
	return append(out, ']'), nil
}

type treeParams struct {
	NumDeleted     string `json:"num_deleted"`
	NumFeature     string `json:"num_feature"`
	NumNodes       string `json:"num_nodes"`
	SizeLeafVector string `json:"size_leaf_vector"`
}

// noParent is what XGBoost calls the parent of a root.
const noParent = math.MaxInt32

// treeOf writes one tree; value is what a leaf adds.
func treeOf(t learner.DecisionTree, cells []cell, value func(leaf []float64) float64, outputs int) (tree, error) {
	n := len(t.Nodes)
	if n > math.MaxInt32 {
		return tree{}, fmt.Errorf("%d nodes are more than XGBoost can have", n)
	}
	w := tree{
		BaseWeights: make(floats, n), Categories: []int{}, CategoryNodes: []int{}, CategorySegment: []int{}, CategorySizes: []int{},
		DefaultLeft: make([]int, n), Left: make([]int32, n), LossChanges: make(floats, n), Parents: make([]int32, n), Right: make([]int32, n),
		SplitConditions: make(floats, n), SplitIndices: make([]int, n), SplitType: make([]int, n), SumHessian: make(floats, n),
		Params: treeParams{NumDeleted: "0", NumNodes: strconv.Itoa(n), SizeLeafVector: "0"},
	}
	w.Parents[0] = noParent
	// XGBoost's children lie side by side, the right one after the left: its predictor adds 1 and does not look.
	order := make([]int, 1, n) // of our nodes
	for at := 0; at < len(order); at++ {
		node := t.Nodes[order[at]]
		if node.Leaf() {
			v := value(t.Values[node.Answer*outputs : (node.Answer+1)*outputs])
			if math.Abs(v) > math.MaxFloat32 {
				return tree{}, fmt.Errorf("its leaf %d adds %v, which is more than a float32 holds", order[at], v)
			}
			w.Left[at], w.Right[at], w.SplitConditions[at], w.BaseWeights[at] = -1, -1, float32(v), float32(v)
			continue
		}
		c := cells[node.Feature]
		left, right := node.Left, node.Right
		var s split
		var missingLeft bool
		if node.Categories == nil {
			if s, missingLeft = c.splitOf(node.Threshold), c.missingLeft(node); s.swapped {
				left, right, missingLeft = right, left, !missingLeft
			}
		} else {
			goRight, err := c.categoriesOf(node)
			if err != nil {
				return tree{}, fmt.Errorf("its node %d: %w", order[at], err)
			}
			if missingLeft = true; !node.MissingLeft {
				left, right = right, left
			}
			w.SplitType[at] = 1
			w.CategoryNodes, w.CategorySizes = append(w.CategoryNodes, at), append(w.CategorySizes, len(goRight))
			w.CategorySegment, w.Categories = append(w.CategorySegment, len(w.Categories)), append(w.Categories, goRight...)
		}
		if missingLeft {
			w.DefaultLeft[at] = 1
		}
		first := len(order)
		order = append(order, left, right)
		w.Left[at], w.Right[at], w.SplitConditions[at], w.SplitIndices[at] = int32(first), int32(first+1), s.below, c.column
		w.Parents[first], w.Parents[first+1] = int32(at), int32(at)
	}
	return w, nil
}
