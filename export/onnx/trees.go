package onnx

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
)

// thresholdsOnly refuses splits of categories, which the operator does not have: it could compare with one at a time.
func thresholdsOnly(f *learner.Forest) error {
	for i, t := range f.Trees {
		for _, n := range t.Nodes {
			if n.Categories != nil {
				return fmt.Errorf("tree %d splits feature %d by its categories, and trees of ONNX have thresholds: "+
					"write the prepared features for XGBoost, or fit it without categorical_features", i, n.Feature)
			}
		}
	}
	return nil
}

// trees computes the scores of a forest: rows x outputs, which the operator rounds to float32. Thresholds and leaves are float64.
func (b *builder) trees(f *learner.Forest, features value) value {
	var n treeNodes
	for id, t := range f.Trees {
		for at, node := range t.Nodes {
			n.add(int64(id), int64(at), node)
			if node.Leaf() {
				n.leaf(int64(id), int64(at), t.Values[node.Answer*f.Outputs:(node.Answer+1)*f.Outputs], f.Scale)
			}
		}
	}
	attributes := []attribute{
		intAttr("n_targets", int64(f.Outputs)), stringAttr("aggregate_function", "SUM"), stringAttr("post_transform", "NONE"),
		intsAttr("nodes_treeids", n.trees), intsAttr("nodes_nodeids", n.nodes), intsAttr("nodes_featureids", n.features),
		tensorAttr("nodes_values_as_tensor", doubles("", []int64{int64(len(n.values))}, n.values)), stringsAttr("nodes_modes", n.modes),
		intsAttr("nodes_truenodeids", n.left), intsAttr("nodes_falsenodeids", n.right), intsAttr("nodes_missing_value_tracks_true", n.missingLeft),
		intsAttr("target_treeids", n.targetTrees), intsAttr("target_nodeids", n.targetNodes), intsAttr("target_ids", n.targets),
		tensorAttr("target_weights_as_tensor", doubles("", []int64{int64(len(n.weights))}, n.weights)),
	}
	if f.Base != nil {
		attributes = append(attributes, tensorAttr("base_values_as_tensor", doubles("", []int64{int64(len(f.Base))}, f.Base)))
	}
	return b.op("ml/TreeEnsembleRegressor", []value{features}, attributes...)
}

// treeNodes are the arrays of a TreeEnsembleRegressor: one element a node, and one a number of a leaf.
type treeNodes struct {
	trees, nodes, features, left, right, missingLeft []int64
	values                                           []float64
	modes                                            []string

	targetTrees, targetNodes, targets []int64
	weights                           []float64
}

func (n *treeNodes) add(id, at int64, node learner.TreeNode) {
	n.trees, n.nodes = append(n.trees, id), append(n.nodes, at)
	mode, feature, threshold, left, right, missing := "BRANCH_LEQ", int64(node.Feature), node.Threshold, int64(node.Left), int64(node.Right), int64(0)
	switch {
	case node.Leaf():
		mode, feature, threshold, left, right = "LEAF", 0, 0, 0, 0
	case node.MissingLeft:
		missing = 1
	}
	n.modes, n.features = append(n.modes, mode), append(n.features, feature)
	n.values = append(n.values, min(threshold, math.MaxFloat64)) // no value is above
	n.left, n.right, n.missingLeft = append(n.left, left), append(n.right, right), append(n.missingLeft, missing)
}

// leaf adds the numbers of a leaf that are not 0, or else one that is.
func (n *treeNodes) leaf(id, at int64, numbers []float64, scale float64) {
	first := len(n.targets)
	for o, v := range numbers {
		if v != 0 || o == len(numbers)-1 && len(n.targets) == first {
			n.targetTrees, n.targetNodes = append(n.targetTrees, id), append(n.targetNodes, at)
			n.targets, n.weights = append(n.targets, int64(o)), append(n.weights, scale*v)
		}
	}
}
