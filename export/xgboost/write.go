package xgboost

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/learner"
)

// Options say how a model is written.
type Options struct {
	// Prepared: the model takes the prepared features instead of the columns, under the names of the features.
	Prepared bool
}

// Write writes a model whose members are forests. The error is an *export.Error if the model cannot be expressed, else
// that of w.
func Write(w io.Writer, m *export.Model, o Options) error {
	if o.Prepared {
		m = m.OfFeatures()
	}
	doc, err := documentOf(m)
	if err != nil {
		return err
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write the model as JSON: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// document is XGBoost's JSON. Numbers of parameters are strings there.
type document struct {
	Learner booster `json:"learner"`
	Version [3]int  `json:"version"`
}

type booster struct {
	Attributes      map[string]string `json:"attributes"`
	FeatureNames    []string          `json:"feature_names"`
	FeatureTypes    []string          `json:"feature_types"`
	GradientBooster gradientBooster   `json:"gradient_booster"`
	Params          learnerParams     `json:"learner_model_param"`
	Objective       objective         `json:"objective"`
}

type gradientBooster struct {
	Model gbtree `json:"model"`
	Name  string `json:"name"`
}

type gbtree struct {
	Params   gbtreeParams `json:"gbtree_model_param"`
	TreeInfo []int        `json:"tree_info"` // the output of each tree
	Trees    []tree       `json:"trees"`
}

type gbtreeParams struct {
	NumParallelTree string `json:"num_parallel_tree"`
	NumTrees        string `json:"num_trees"`
	SizeLeafVector  string `json:"size_leaf_vector"`
}

type learnerParams struct {
	BaseScore        string `json:"base_score"`
	BoostFromAverage string `json:"boost_from_average"`
	NumClass         string `json:"num_class"`
	NumFeature       string `json:"num_feature"`
	NumTarget        string `json:"num_target"`
}

// objective makes predictions of sums of leaves. Each has its own name for its parameters, and only one of the three is written.
type objective struct {
	Name    string            `json:"name"`
	Params  map[string]string `json:"reg_loss_param,omitempty"`
	Classes map[string]string `json:"softmax_multiclass_param,omitempty"`
	Poisson map[string]string `json:"poisson_regression_param,omitempty"`
}

// way is how XGBoost makes a prediction of the sums of leaves.
type way struct {
	objective objective
	outputs   []int  // which of a leaf's numbers the sums are of
	base      string // the base score with which sums begin at 0
	classes   string // how many there are, if the objective is told
}

// wayOf finds the objective that answers as the parts do.
func wayOf(parts []export.Part, classes int) (way, error) {
	plain := way{outputs: outputsOf(classes), base: "0E0", classes: "0", objective: objective{
		Name: "reg:squarederror", Params: map[string]string{"scale_pos_weight": "1"},
	}}
	for _, p := range parts {
		if p.Forest == nil {
			return way{}, &export.Error{Member: p.Member, Reason: "it is no forest, and XGBoost has trees only: write it as ONNX"}
		}
		link := p.Forest.Link
		if link == learner.IdentityLink {
			continue
		}
		if len(parts) > 1 {
			return way{}, &export.Error{Member: p.Member, Reason: fmt.Sprintf(
				"its answers are a function of sums of leaves (link %s), so that the mean of several such members is no sum: write it as ONNX", link)}
		}
		switch {
		case link == learner.LogisticLink && classes == 2:
			plain.objective.Name, plain.outputs, plain.base = "binary:logistic", []int{0}, "5E-1" // of which the logit is 0
		case link == learner.SoftmaxLink && classes > 2:
			k := strconv.Itoa(classes)
			plain.objective, plain.classes = objective{Name: "multi:softprob", Classes: map[string]string{"num_class": k}}, k
		case link == learner.ExpLink && classes == 0:
			plain.objective, plain.base = objective{Name: "count:poisson", Poisson: map[string]string{"max_delta_step": "0.7"}}, "1E0" // whose logarithm is 0
		default:
			return way{}, &export.Error{Member: p.Member, Reason: fmt.Sprintf(
				"no objective of XGBoost makes its answers for %d classes of sums of leaves (link %s): write it as ONNX", classes, link)}
		}
	}
	return plain, nil
}

func documentOf(m *export.Model) (*document, error) {
	parts, err := m.Parts()
	if err != nil {
		return nil, err
	}
	if m.Combine == export.Vote {
		return nil, &export.Error{Reason: "its members vote, and a vote is no sum of trees: write it as ONNX, or fit it with combine: mean"}
	}
	cells, err := cellsOf(m)
	if err != nil {
		return nil, err
	}
	how, err := wayOf(parts, len(m.Classes))
	if err != nil {
		return nil, err
	}
	targets := len(how.outputs)
	if how.classes != "0" {
		targets = 1
	}
	doc := &document{Version: [3]int{1, 7, 4}, Learner: booster{
		Attributes: map[string]string{}, FeatureNames: namesOf(m.Columns()), FeatureTypes: slices.Repeat([]string{"float"}, len(m.Columns())),
		GradientBooster: gradientBooster{Name: "gbtree"},
		Params: learnerParams{
			BaseScore: how.base, BoostFromAverage: "0", NumClass: how.classes, NumFeature: strconv.Itoa(len(m.Columns())), NumTarget: strconv.Itoa(targets),
		},
		Objective: how.objective,
	}}
	for _, p := range parts {
		for _, t := range p.Forest.Trees {
			for _, n := range t.Nodes {
				if n.Categories != nil {
					doc.Learner.FeatureTypes[cells[n.Feature].column] = "c"
				}
			}
		}
	}
	if err := doc.Learner.attribute(m); err != nil {
		return nil, err
	}
	model := &doc.Learner.GradientBooster.Model
	sums, most := make([][]tree, len(how.outputs)), 0
	for k, of := range how.outputs {
		if sums[k], err = sumOf(parts, of, cells); err != nil {
			return nil, err
		}
		most = max(most, len(sums[k]))
	}
	for k, trees := range sums { // all trees of an output side by side: one round of a forest, so that ranges of rounds mean it whole
		for len(trees) < most { // rounds have as many trees of each output
			nothing, err := leafOf(0, cells)
			if err != nil {
				return nil, err
			}
			trees = append(trees, nothing)
		}
		for _, one := range trees {
			one.ID, one.Params.NumFeature = len(model.Trees), doc.Learner.Params.NumFeature
			model.Trees, model.TreeInfo = append(model.Trees, one), append(model.TreeInfo, k)
		}
	}
	model.Params = gbtreeParams{
		NumParallelTree: strconv.Itoa(most), NumTrees: strconv.Itoa(len(model.Trees)), SizeLeafVector: "0",
	}
	return doc, nil
}

// sumOf are the trees whose leaves add up to one output. XGBoost adds float32, tree after tree, so the sum is kept small as long
// as possible: what a tree answers at the middle of its leaves is taken out of it, and added at the end by one tree that is
// a leaf alone. With the leaves of many trees alike, that also keeps them from being rounded in the same direction.
func sumOf(parts []export.Part, of int, cells []cell) ([]tree, error) {
	var trees []tree
	base := 0.0
	for _, p := range parts {
		f := p.Forest
		if f.Base != nil {
			base += p.Share * f.Base[of]
		}
		for i, one := range f.Trees {
			if ofOthers(one, of, f.Outputs) {
				continue
			}
			middle := middleOf(one, of, f.Outputs)
			written, err := treeOf(one, cells, func(leaf []float64) float64 { return p.Share * f.Scale * (leaf[of] - middle) }, f.Outputs)
			if err != nil {
				return nil, &export.Error{Member: p.Member, Reason: fmt.Sprintf("tree %d: %v", i, err)}
			}
			base += p.Share * f.Scale * middle
			trees = append(trees, written)
		}
	}
	last, err := leafOf(base, cells)
	if err != nil {
		return nil, err
	}
	return append(trees, last), nil
}

// leafOf is a tree that is one leaf.
func leafOf(v float64, cells []cell) (tree, error) {
	leaf := learner.DecisionTree{Nodes: []learner.TreeNode{{Feature: -1}}, Values: []float64{v}}
	t, err := treeOf(leaf, cells, func(leaf []float64) float64 { return leaf[0] }, 1)
	if err != nil {
		return tree{}, &export.Error{Reason: err.Error()}
	}
	return t, nil
}

// ofOthers reports whether a tree adds nothing to an output, as those of a boosting that are for another class.
func ofOthers(t learner.DecisionTree, of, outputs int) bool {
	return outputs > 1 && !slices.ContainsFunc(t.Nodes, func(n learner.TreeNode) bool { return n.Leaf() && t.Values[n.Answer*outputs+of] != 0 })
}

// middleOf is the mean of one number over a tree's leaves.
func middleOf(t learner.DecisionTree, of, outputs int) float64 {
	middle, leaves := 0.0, 0.0
	for _, n := range t.Nodes {
		if n.Leaf() {
			leaves++
			middle += (t.Values[n.Answer*outputs+of] - middle) / leaves
		}
	}
	return middle
}

// outputsOf are which of a leaf's numbers the outputs are: of two classes the second alone.
func outputsOf(classes int) []int {
	if classes == 2 {
		return []int{1}
	}
	all := make([]int, max(classes, 1))
	for k := range all {
		all[k] = k
	}
	return all
}

// attribute notes what the booster has no place for.
func (b *booster) attribute(m *export.Model) error {
	notes := map[string]any{}
	if m.Classes != nil {
		notes["classes"] = m.Classes
	}
	if !slices.Equal(b.FeatureNames, m.Columns()) {
		notes["columns"] = m.Columns()
	}
	for key, v := range notes {
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("note the %s: %w", key, err)
		}
		b.Attributes[key] = string(data)
	}
	if m.Name != "" {
		b.Attributes["name"] = m.Name
	}
	if m.Threshold != 0 {
		b.Attributes["threshold"] = strconv.FormatFloat(m.Threshold, 'g', -1, 64)
	}
	return nil
}

// namesOf replaces what XGBoost does not allow in a name, and keeps names distinct.
func namesOf(columns []string) []string {
	allowed := strings.NewReplacer("[", "(", "]", ")", "<", "(")
	names, taken := make([]string, len(columns)), map[string]bool{}
	for _, c := range columns {
		if allowed.Replace(c) == c {
			taken[c] = true
		}
	}
	for i, c := range columns {
		names[i] = c
		if name := allowed.Replace(c); name != c {
			names[i] = name
			for n := 2; taken[names[i]]; n++ {
				names[i] = fmt.Sprintf("%s#%d", name, n)
			}
			taken[names[i]] = true
		}
	}
	return names
}
